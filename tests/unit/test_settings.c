/* settings_finish(): what follows from several settings; the shards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "input/list.h"
#include "settings/option_table.h"
#include "settings/settings.h"

enum { SPECS_MAX = 5 };

static void
test_shards(void **state)
{
    static const struct {
        const char *specs[SPECS_MAX];
        const char *shards;
    } rows[] = {
        {{NULL},
            "idfa=127.0.0.1:33013 gaid=127.0.0.1:33014 adid=127.0.0.1:33015 "
            "dvid=127.0.0.1:33016 "},
        {{"gaid=h:1"}, "idfa=127.0.0.1:33013 gaid=h:1 adid=127.0.0.1:33015 "
                       "dvid=127.0.0.1:33016 "},
        {{"dvid=h:1", "idfa=h:2,h:3"},
            "idfa=h:2,h:3 gaid=127.0.0.1:33014 adid=127.0.0.1:33015 "
            "dvid=h:1 "},
        {{"foo=h:1"}, "foo=h:1 "},
        {{"foo=h:1", "idfa=h:2", "bar=unix:/s"},
            "foo=h:1 idfa=h:2 bar=unix:/s "},
        {{"foo=h:1", "bar=h:2", "foo=h:3,[::1]:4"}, "foo=h:3,[::1]:4 bar=h:2 "},
        {{"a,b=h:1"}, "a,b=h:1 "},
        {{"\xc3\xa4=h:1"}, "\xc3\xa4=h:1 "},
        {{"x=unix:/a=b"}, "x=unix:/a=b "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text text = {0};
        struct settings settings;
        struct err err;

        settings_defaults(&settings);
        for (size_t j = 0; rows[i].specs[j]; j++)
            assert_int_equal(settings_set_shard(&settings, rows[i].specs[j],
                                 &err),
                0);
        assert_int_equal(settings_finish(&settings, &err), 0);
        for (size_t j = 0; j < settings.servers.n_shards; j++) {
            text_format(&text, "%s=", settings.servers.shards[j].name);
            for (size_t k = 0; k < settings.servers.shards[j].n_addresses; k++)
                text_format(&text, "%s%s", k ? "," : "",
                    settings.servers.shards[j].addresses[k].text);
            text_format(&text, " ");
        }
        assert_string_equal(text.data, rows[i].shards);
        text_release(&text);
        settings_release(&settings);
    }
}

static void
test_bad_shards(void **state)
{
    static const char name65[] =
        "0123456789012345678901234567890123456789012345678901234567890123x";
    static const struct {
        const char *spec, *error;
    } rows[] = {
        {"", "is not a shard: NAME=ADDR"},
        {"h:1", "is not a shard: NAME=ADDR"},
        {"=h:1", "it has 0 bytes"},
        {"a:b=h:1", "byte 0x3a"},
        {"a\tb=h:1", "byte 0x09"},
        {"a\x7f=h:1", "byte 0x7f"},
        {"a=", "no port"},
        {"a=h:1,", "no port"},
        {"a=,h:1", "no port"},
        {"a=h:1,h:2,h:1", "has address h:1 twice"},
        {"a=::1:5", "an IPv6 address needs brackets"},
    };
    struct text text = {0};
    struct settings settings;
    struct err err;

    (void)state;
    settings_defaults(&settings);
    assert_int_equal(settings_set_shard(&settings, "a=old:1", &err), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(settings_set_shard(&settings, rows[i].spec, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.text, rows[i].error))
            fail_msg("%s: %s", rows[i].spec, err.text);
    }
    text_format(&text, "%s=h:1", name65);
    assert_int_equal(settings_set_shard(&settings, text.data, &err), -1);
    assert_int_equal(settings_set_shard(&settings, text.data + 1, &err), 0);
    /* a pool of 100 and one of 101 */
    text_clear(&text);
    text_format(&text, "a=h:1");
    for (int i = 2; i <= SHARD_MAX_ADDRESSES + 1; i++)
        text_format(&text, ",h:%d", i);
    assert_int_equal(settings_set_shard(&settings, text.data, &err), -1);
    assert_string_equal(err.text, "shard \"a\" has more than 100 addresses");
    memcpy(text.data, "b", 1);
    *strrchr(text.data, ',') = '\0';
    assert_int_equal(settings_set_shard(&settings, text.data, &err), 0);
    assert_int_equal(settings.servers.shards[2].n_addresses,
        SHARD_MAX_ADDRESSES);
    /* what was refused changed nothing */
    assert_int_equal(settings.servers.n_shards, 3);
    assert_string_equal(settings.servers.shards[0].addresses[0].text, "old:1");
    assert_int_equal(settings.servers.shards[0].n_addresses, 1);
    text_release(&text);
    settings_release(&settings);
}

static void
test_default_pattern(void **state)
{
    struct settings settings;
    struct err err;

    (void)state;
    settings_defaults(&settings);
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_int_equal(settings.input.patterns.n, 1);
    assert_string_equal(settings.input.patterns.items[0],
        "/data/appsinstalled/*.tsv.gz");
    settings_release(&settings);

    settings_defaults(&settings);
    words_add(&settings.input.files, "a");
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_int_equal(settings.input.patterns.n, 0);
    settings_release(&settings);

    settings_defaults(&settings);
    words_add(&settings.input.patterns, "a*");
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_int_equal(settings.input.patterns.n, 1);
    assert_string_equal(settings.input.patterns.items[0], "a*");
    settings_release(&settings);
}

/* Nothing is opened: the list only says what would be done. */
static bool
renames(const struct settings *settings)
{
    struct input_list list;
    struct err err;
    bool is_so;

    assert_int_equal(input_list_make(&list, settings, &err), 0);
    assert_int_equal(list.n, 1);
    is_so = list.input[0].renames;
    input_list_release(&list);
    return is_so;
}

static void
test_dry_renames_nothing(void **state)
{
    struct settings settings;
    struct err err;

    (void)state;
    settings_defaults(&settings);
    words_add(&settings.input.files, "a.gz");
    assert_true(settings.input.rename);
    assert_true(renames(&settings));
    settings.purpose = PURPOSE_DRY;
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_false(renames(&settings));
    settings_release(&settings);
}

static void
test_processes(void **state)
{
    cpu_set_t all, one;
    struct settings settings;
    struct err err;
    int cpu = 0;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
    settings_defaults(&settings);
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_int_equal(settings.tuning.processes, CPU_COUNT(&all));
    settings_release(&settings);

    /* not all that the machine has, but what we may run on */
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    settings_defaults(&settings);
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_int_equal(settings.tuning.processes, 1);
    settings_release(&settings);
    assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);

    settings_defaults(&settings);
    settings.tuning.processes = 77;
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_int_equal(settings.tuning.processes, 77);
    settings_release(&settings);
}

static void
test_ttl(void **state)
{
    uint64_t left_s = (uint64_t)(INT32_MAX - clock_wall_s());
    const struct {
        uint64_t ttl_s;
        int status;
    } rows[] = {
        {0, 0},
        {30 * 24 * 3600, 0},
        {30 * 24 * 3600 + 1, 0},
        {left_s - 3600, 0},
        {left_s + 3600, -1},
        {INT32_MAX, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings settings;
        struct err err = {0};

        settings_defaults(&settings);
        settings.servers.ttl_s = rows[i].ttl_s;
        assert_int_equal(settings_finish(&settings, &err), rows[i].status);
        if (rows[i].status)
            assert_non_null(strstr(err.text, "--ttl"));
        settings_release(&settings);
    }
}

static void
test_exptime(void **state)
{
    enum { NOW_S = 1000000000, MONTH_S = 30 * 24 * 3600 };
    static const struct {
        uint64_t ttl_s;
        uint32_t exptime;
    } rows[] = {
        {0, 0},
        {1, 1},
        {MONTH_S, MONTH_S},
        {MONTH_S + 1, NOW_S + MONTH_S + 1},
        {UINT32_MAX, UINT32_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings settings = {.servers.ttl_s = rows[i].ttl_s};

        assert_int_equal(settings_exptime(&settings, NOW_S), rows[i].exptime);
    }
}

/* A config file that says how to load can be given to verify, too. */
static void
test_verify_stores_nothing(void **state)
{
    const struct purpose_type *type;
    struct settings settings;
    struct err err;

    (void)state;
    settings_defaults(&settings);
    settings.purpose = PURPOSE_VERIFY;
    words_add(&settings.input.files, "a.gz");
    assert_int_equal(option_set(option_find(FOR_LOAD, "dry", 3), &settings,
                         "true", &err),
        0);
    settings.failure.max_evictions = 0;
    settings.servers.require_capacity = true;
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_int_equal(settings.purpose, PURPOSE_VERIFY);
    type = purpose_type(settings.purpose);
    assert_false(type->stores || type->renames || type->keeps_rejects ||
                 type->prints_items || settings.servers.require_capacity);
    assert_false(renames(&settings));
    assert_true(settings.failure.max_evictions == UINT64_MAX);
    assert_true(settings.verification.all);
    settings_release(&settings);

    settings_defaults(&settings);
    assert_true(purpose_type(settings.purpose)->stores);
    settings.purpose = PURPOSE_VERIFY;
    settings.verification.n = 5;
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_false(settings.verification.all);
    settings_release(&settings);
}

static void
test_a_seed_is_chosen(void **state)
{
    uint64_t seeds[3];
    struct settings settings;
    struct err err;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        settings_defaults(&settings);
        settings.verification.n = 1;
        assert_int_equal(settings_finish(&settings, &err), 0);
        seeds[i] = settings.verification.seed;
        settings_release(&settings);
    }
    assert_false(seeds[0] == seeds[1] && seeds[1] == seeds[2]);

    settings_defaults(&settings);
    settings.verification.n = 1;
    settings.verification.seed = 7;
    settings.verification.has_seed = true;
    assert_int_equal(settings_finish(&settings, &err), 0);
    assert_int_equal(settings.verification.seed, 7);
    settings_release(&settings);
}

static void
test_mode_names(void **state)
{
    (void)state;
    assert_string_equal(mode_name(MODE_SET), "set");
    assert_string_equal(mode_name(MODE_MULTI), "multi");
    assert_string_equal(mode_name(MODE_NOREPLY), "noreply");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_bad_shards),
        cmocka_unit_test(test_default_pattern),
        cmocka_unit_test(test_dry_renames_nothing),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_ttl),
        cmocka_unit_test(test_exptime),
        cmocka_unit_test(test_verify_stores_nothing),
        cmocka_unit_test(test_a_seed_is_chosen),
        cmocka_unit_test(test_mode_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
