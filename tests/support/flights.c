/*
 * Makes a table of flights as public ones look, for examples/flights.yml:
 *
 *   flights [--rows N] [--seed N] [--first N]
 *
 * writes CSV (RFC 4180) with a header to standard output: 30 columns, quotes
 * where needed and where not, delimiters, quotes and line breaks inside them,
 * empty fields, dates, text beyond ASCII. Rows are numbered; --first N begins
 * at row N. Each has another key. The same seed makes the same row of a number.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"

/* rows of a day: so many flights of each airline */
enum { AIRLINES = 10, FLIGHTS = 3000, ROWS_A_DAY = AIRLINES * FLIGHTS };
enum { FIRST_DAY = 19723 /* 2024-01-01 */, DAY_S = 86400, MINUTE_S = 60 };

static const char *const airlines[AIRLINES] = {
    "AA", "AS", "B6", "DL", "F9", "HA", "NK", "UA", "WN", "9E"};

static const struct airport {
    const char *code, *city, *lat, *lon;
} airports[] = {
    {"JFK", "New York, NY", "40.63975", "-73.77893"},
    {"LAX", "Los Angeles, CA", "33.94254", "-118.40807"},
    {"ORD", "Chicago, IL", "41.9796", "-87.90446"},
    {"SJU", "San Juan, PR", "18.43942", "-66.00183"},
    {"SJC", "San José, CA", "37.36186", "-121.92901"},
    {"DEN", "Denver, CO", "39.85841", "-104.667"},
    {"ATL", "Atlanta, GA", "33.64044", "-84.42694"},
    {"HNL", "Honolulu, HI", "21.31869", "-157.92241"},
    {"ANC", "Anchorage, AK", "61.17432", "-149.99619"},
    {"MSP", "Minneapolis/St. Paul, MN", "44.88055", "-93.21692"},
    {"GUM", "Hagåtña, GU", "13.48345", "144.79598"},
    {"BQN", "Aguadilla, PR", "", ""}, /* where nobody knows */
    {"DCA", "Washington, DC", "38.85208", "-77.03772"},
    {"PSE", "Ponce, PR", "18.00830", "-66.563"},
    {"YUM", "\"Yuma\" MCAS, AZ", "32.65658", "-114.60597"},
};

enum { AIRPORTS = sizeof(airports) / sizeof(airports[0]) };

static const char *const remarks[] = {"Gate changed",
    "Late crew, then late bags", "\"Air Force One\" on 31L",
    "De-icing\nat the gate", "Diverted\r\nand back\r\n", ",", "\"",
    "Vol retardé: météo", "\"\"quoted twice\"\"", " blanks around ",
    "a\ttab and a 'single' quote", "\n\n", "航班延误"};

enum { REMARKS = sizeof(remarks) / sizeof(remarks[0]) };

static const char header[] =
    "FlightDate,Airline,FlightNumber,TailNumber,"
    "Origin,OriginCity,OriginLat,OriginLon,"
    "Dest,DestCity,DestLat,DestLon,"
    "ScheduledDeparture,Departed,DepartureDelay,TaxiOut,"
    "ScheduledArrival,Arrived,TaxiIn,AirMinutes,Distance,"
    "Status,CancellationCode,DivertedTo,Delays,"
    "Seats,Services,Fare,Codeshare,Remarks\n";

static struct rng rng;

static bool
chance(unsigned percent)
{
    return rng_below(&rng, 100) < percent;
}

/* --- fields, a comma before each but the first ---------------------------- */
static void
put_quoted(const char *text)
{
    fputs(",\"", stdout);
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void
put(const char *text)
{
    putchar(',');
    fputs(text, stdout);
}

static void
put_number(long n)
{
    printf(",%ld", n);
}

static void
put_time(long at, bool has_seconds)
{
    time_t time = at;
    struct tm tm;
    char text[32];

    gmtime_r(&time, &tm);
    strftime(text, sizeof(text),
        has_seconds ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M", &tm);
    put(text);
}

static void
put_airport(const struct airport *airport)
{
    put(airport->code);
    put_quoted(airport->city);
    put(airport->lat);
    put(airport->lon);
}

/* --- a row ---------------------------------------------------------------- */
struct flight {
    enum { LANDED, CANCELLED, DIVERTED } status;
    const struct airport *from, *to;
    long departs, arrives; /* as scheduled */
    long delay, minutes;   /* in the air */
};

static void
make_flight(struct flight *flight, long day)
{
    size_t from = rng_below(&rng, AIRPORTS);
    size_t to = (from + 1 + rng_below(&rng, AIRPORTS - 1)) % AIRPORTS;

    flight->status = chance(2) ? CANCELLED : chance(1) ? DIVERTED : LANDED;
    flight->from = &airports[from];
    flight->to = &airports[to];
    flight->departs = day * DAY_S + (long)rng_below(&rng, 1440) * MINUTE_S;
    flight->minutes = 40 + (long)rng_below(&rng, 500);
    flight->arrives = flight->departs + (flight->minutes + 30) * MINUTE_S;
    flight->delay = chance(70) ? (long)rng_below(&rng, 15) - 12
                               : (long)rng_below(&rng, 300);
}

/* What is known only of a flight that took off, or landed where it should. */
static void
put_course(const struct flight *flight)
{
    bool has_left = flight->status != CANCELLED;
    bool is_there = flight->status == LANDED;
    long late_s = flight->delay * MINUTE_S + (long)rng_below(&rng, 60);

    put_time(flight->departs, false);
    if (has_left) {
        put_time(flight->departs + late_s, true);
        put_number(flight->delay);
        put_number(5 + (long)rng_below(&rng, 40));
    } else
        put(",,");
    put_time(flight->arrives, false);
    if (is_there) {
        put_time(flight->arrives + late_s, true);
        put_number((long)rng_below(&rng, 20));
        put_number(flight->minutes);
    } else
        put(",,");
    printf(",%ld.%02ld", flight->minutes * 8, (long)rng_below(&rng, 100));
}

static void
put_ending(const struct flight *flight)
{
    static const char *const words[] = {"LANDED", "CANCELLED", "DIVERTED"};
    static const char *const codes[] = {"A", "B", "C", "D"};

    put_quoted(words[flight->status]);
    put(flight->status == CANCELLED ? codes[rng_below(&rng, 4)] : "");
    put(flight->status == DIVERTED ? airports[rng_below(&rng, AIRPORTS)].code
                                   : "");
}

/* "carrier:12|weather:5" */
static void
put_delays(void)
{
    static const char *const causes[] = {
        "carrier", "weather", "nas", "security", "late_aircraft"};
    const char *before = ",";

    if (!chance(25)) {
        put("");
        return;
    }
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (!chance(i == 0 ? 100 : 30))
            continue;
        printf("%s%s:%ld", before, causes[i], (long)rng_below(&rng, 240));
        before = "|";
    }
}

static void
put_service(void)
{
    static const char *const services[] = {"wifi", "power", "meal", "bassinet"};
    const char *before = ",";

    printf(",\"%ld, %ld,%ld\"", 4 + (long)rng_below(&rng, 16),
        (long)rng_below(&rng, 40), 90 + (long)rng_below(&rng, 90));
    if (chance(10))
        before = ",\"\"";
    else
        for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
            if (chance(60)) {
                printf("%s%s", before, services[i]);
                before = "|";
            }
    if (*before == ',')
        fputs(before, stdout);
    if (chance(90))
        printf(",%ld.%02ld", 39 + (long)rng_below(&rng, 900),
            (long)rng_below(&rng, 100));
    else
        put("");
    put(chance(20) ? "true" : "false");
}

static void
put_row(long row, unsigned long seed)
{
    long day = FIRST_DAY + row / ROWS_A_DAY, of_day = row % ROWS_A_DAY;
    time_t time = day * DAY_S;
    struct flight flight;
    struct tm tm;
    char date[16];

    rng_init(&rng, seed * 1000003 + (unsigned long)row);
    make_flight(&flight, day);
    gmtime_r(&time, &tm);
    strftime(date, sizeof(date), "%Y-%m-%d", &tm);
    fputs(date, stdout);
    put_quoted(airlines[of_day % AIRLINES]);
    put_number(1 + of_day / AIRLINES);
    if (chance(99))
        printf(",N%03ld%s", (long)rng_below(&rng, 1000),
            airlines[of_day % AIRLINES]);
    else
        put("");
    put_airport(flight.from);
    put_airport(flight.to);
    put_course(&flight);
    put_ending(&flight);
    put_delays();
    put_service();
    if (chance(5))
        put_quoted(remarks[rng_below(&rng, REMARKS)]);
    else
        put("");
    putchar('\n');
}

/* --- the command line ----------------------------------------------------- */
static long
number(const char *option, const char *text)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(text, &end, 10);
    if (errno || *end || end == text || n < 0) {
        fprintf(stderr, "flights: %s: \"%s\" is no number\n", option, text);
        exit(2);
    }
    return n;
}

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        {"rows", required_argument, NULL, 'r'},
        {"seed", required_argument, NULL, 's'},
        {"first", required_argument, NULL, 'f'}, {0}};
    static char buffer[1 << 18];
    long rows = 1000, seed = 1, first = 0;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'r')
            rows = number("--rows", optarg);
        else if (c == 's')
            seed = number("--seed", optarg);
        else if (c == 'f')
            first = number("--first", optarg);
        else
            return 2;
    }
    setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
    fputs(header, stdout);
    for (long row = first; row < first + rows; row++)
        put_row(row, (unsigned long)seed);
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "flights: cannot write: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}
