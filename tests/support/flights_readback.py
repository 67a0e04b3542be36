#!/usr/bin/python3
"""Reads back what a load of flights (examples/flights.yml) stored, and
compares: the second opinion on "any table, any message".

  flights_readback.py [-j N] [--some] CSV SERVER...

Python's csv module reads the file, Google's protobuf (Debian's
python3-protobuf) makes each row's message and decodes the stored one, a plain
socket asks the servers. Nothing here is shared with the program, nor with the
mapping: what each column means is written down a second time below.

Every key is asked of every server: exactly one must have it, with the flags of
the mapping, and a value that decodes to the very message of its row, no field
more or less. Unless --some says that the file is one of several, the servers
must hold no more items than it has rows. -j processes share the work. Prints
what it found; exit status 1 when anything is not as it should be.
"""

import argparse
import csv
import datetime
import itertools
import multiprocessing
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
import servers as memcached

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "..", "..", "examples")
FLAGS = 1
PART = 2000  # rows at a time
MOST_TOLD = 10


def load_class():
    """flights.Flight, by protoc and Google's own pool."""
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", f"--proto_path={EXAMPLES}",
                        f"--descriptor_set_out={out.name}", "flights.proto"],
                       check=True, timeout=60)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    kind = pool.FindMessageTypeByName("flights.Flight")
    return message_factory.MessageFactory(pool).GetPrototype(kind)


def seconds(text, layout):
    moment = datetime.datetime.strptime(text, layout)
    return int(moment.replace(tzinfo=datetime.timezone.utc).timestamp())


def day_seconds(text, known={}):  # pylint: disable=dangerous-default-value
    if text not in known:
        known[text] = seconds(text, "%Y-%m-%d")
    return known[text]


def moment(text):
    """"2024-01-01 07:11" or with seconds; strptime takes ten times as long."""
    clock = [int(part) for part in text[11:].split(":")]
    return day_seconds(text[:10]) + sum(
        n * unit for n, unit in zip(clock, (3600, 60, 1)))


def fill_stop(stop, row, place, scheduled, actual, taxi):
    stop.airport.code = row[place]
    stop.airport.city = row[place + "City"]
    if row[place + "Lat"]:
        stop.airport.lat = float(row[place + "Lat"])
    if row[place + "Lon"]:
        stop.airport.lon = float(row[place + "Lon"])
    stop.scheduled = moment(row[scheduled])
    if row[actual]:
        stop.actual = moment(row[actual])
    if row[taxi]:
        stop.taxi_minutes = int(row[taxi])


def message_of(flight, row):
    """The row as a message."""
    flight.date = day_seconds(row["FlightDate"])
    flight.airline = row["Airline"]
    flight.number = int(row["FlightNumber"])
    if row["TailNumber"]:
        flight.tail_number = row["TailNumber"]
    fill_stop(getattr(flight, "from"), row, "Origin", "ScheduledDeparture",
              "Departed", "TaxiOut")
    fill_stop(flight.to, row, "Dest", "ScheduledArrival", "Arrived", "TaxiIn")
    flight.status = {"LANDED": 1, "CANCELLED": 2, "DIVERTED": 3}[row["Status"]]
    if row["CancellationCode"]:
        flight.cancellation_code = row["CancellationCode"]
    if row["DivertedTo"]:
        flight.diverted_to = row["DivertedTo"]
    if row["DepartureDelay"]:
        flight.departure_delay = int(row["DepartureDelay"])
    for delay in filter(None, row["Delays"].split("|")):
        cause, minutes = delay.split(":")
        flight.delays[cause] = int(minutes)
    if row["AirMinutes"]:
        flight.air_minutes = int(row["AirMinutes"])
    flight.distance = float(row["Distance"])
    flight.seats.extend(int(n) for n in row["Seats"].split(","))
    flight.services.extend(filter(None, row["Services"].split("|")))
    if row["Fare"]:
        flight.fare = float(row["Fare"])
    flight.codeshare = row["Codeshare"] == "true"
    if row["Remarks"]:
        flight.remarks = row["Remarks"]
    return flight


def key_of(row):
    return f"{row['FlightDate']}:{row['Airline']}{row['FlightNumber']}".encode()


class Reader:
    """One process's share: every n-th part of the file."""

    def __init__(self, path, addresses, share, shares):
        self.path, self.share, self.shares = path, share, shares
        self.flight = load_class()
        self.sockets = [memcached.connect(a, 60) for a in addresses]
        self.streams = [s.makefile("rb", 1 << 20) for s in self.sockets]
        self.rows = self.bad = 0
        self.told = []

    def tell(self, key, what):
        self.bad += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(f"{key.decode()}: {what}")

    def fetch(self, keys):
        """[(value, flags) of each server that has it] of each key."""
        request = b"".join(b"mg %s v f k q\r\n" % key for key in keys)
        for sock in self.sockets:
            sock.sendall(request + b"mn\r\n")
        found = {key: [] for key in keys}
        for stream in self.streams:
            while (head := stream.readline()) != b"MN\r\n":
                words = head.split()
                if len(words) < 4 or words[0] != b"VA":
                    raise AssertionError(f"a read was answered by {head!r}")
                value = stream.read(int(words[1]) + 2)
                said = {word[:1]: word[1:] for word in words[2:]}
                found[said[b"k"]].append((value[:-2], int(said[b"f"])))
        return found

    def check(self, rows):
        keys = [key_of(row) for row in rows]
        if len(set(keys)) != len(keys):
            raise AssertionError("rows of one key: not what this is made for")
        found = self.fetch(keys)
        for key, row in zip(keys, rows):
            held = found[key]
            if len(held) != 1:
                self.tell(key, f"{len(held)} servers have it")
                continue
            value, flags = held[0]
            want = message_of(self.flight(), row)
            got = self.flight.FromString(value)
            if got != want:
                self.tell(key, f"holds {{{got}}}, not {{{want}}}".replace(
                    "\n", " "))
            elif got.UnknownFields():
                self.tell(key, "holds fields that nobody knows")
            elif flags != FLAGS:
                self.tell(key, f"flags {flags}, not {FLAGS}")
        self.rows += len(rows)

    def run(self):
        # newline="": line ends inside quotes are text
        with open(self.path, encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            for part in itertools.count():
                rows = list(itertools.islice(reader, PART))
                if not rows:
                    break
                if part % self.shares == self.share:
                    self.check(rows)
        return self.rows, self.bad, self.told


def run_share(args):
    return Reader(*args).run()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="flights_readback.py [-j N] [--some] CSV SERVER...")
    parser.add_argument("--some", action="store_true")
    parser.add_argument("-j", type=int, default=os.cpu_count(), dest="shares")
    parser.add_argument("csv")
    parser.add_argument("servers", nargs="+")
    args = parser.parse_args()
    shares = [(args.csv, args.servers, i, args.shares)
              for i in range(args.shares)]
    with multiprocessing.Pool(args.shares) as pool:
        results = pool.map(run_share, shares, chunksize=1)
    rows = sum(result[0] for result in results)
    bad = sum(result[1] for result in results)
    for line in [line for result in results for line in result[2]][:MOST_TOLD]:
        print(line)
    held = rows if args.some else sum(len(memcached.list_keys(a))
                                      for a in args.servers)
    if held != rows:
        print(f"the servers hold {held:,} items, the file {rows:,} rows")
    print(f"{rows:,} rows: {rows - bad:,} read back and equal, {bad:,} not")
    return 1 if bad or held != rows or rows == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
