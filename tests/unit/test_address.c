/* Where a server listens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"

static void
test_good(void **state)
{
    static const struct {
        const char *text, *host;
        int port;
        bool is_unix;
    } rows[] = {
        {"127.0.0.1:33013", "127.0.0.1", 33013, false},
        {"localhost:1", "localhost", 1, false},
        {"a.b-c:65535", "a.b-c", 65535, false},
        {"[::1]:11211", "::1", 11211, false},
        {"[fe80::1%eth0]:1", "fe80::1%eth0", 1, false},
        {"[127.0.0.1]:1", "127.0.0.1", 1, false},
        {"unix:/tmp/a.sock", "/tmp/a.sock", 0, true},
        {"unix:/a b:1", "/a b:1", 0, true},
        {"unix:/", "/", 0, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address address;
        struct err err = {0};

        if (address_parse(&address, rows[i].text, strlen(rows[i].text), &err))
            fail_msg("%s", err.text);
        assert_string_equal(address.text, rows[i].text);
        assert_string_equal(address.host, rows[i].host);
        assert_int_equal(address.port, rows[i].port);
        assert_int_equal(address.is_unix, rows[i].is_unix);
        address_release(&address);
        assert_null(address.text);
        assert_null(address.host);
    }
}

static void
test_bad(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "no port"},
        {"host", "no port"},
        {":1", "no host"},
        {"host:", "a port is a number"},
        {"host:0", "a port is a number"},
        {"host:65536", "a port is a number"},
        {"host:-1", "a port is a number"},
        {"host:1x", "a port is a number"},
        {"host: 1", "a port is a number"},
        {"::1", "needs brackets"},
        {"::1:11211", "needs brackets"},
        {"[::1]", "no ]:port"},
        {"[::1", "no ]:port"},
        {"[::1]11211", "no ]:port"},
        {"[]:1", "no host"},
        {"unix:", "does not begin with /"},
        {"unix:a.sock", "does not begin with /"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct address address;
        struct err err = {0};
        char quoted[64];

        assert_int_equal(address_parse(&address, rows[i].text,
                             strlen(rows[i].text), &err),
            -1);
        assert_int_equal(err.code, ERR_USAGE);
        snprintf(quoted, sizeof(quoted),
            "\"%s\" is not an address: ", rows[i].text);
        assert_int_equal(strncmp(err.text, quoted, strlen(quoted)), 0);
        if (!strstr(err.text, rows[i].why))
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_null(address.text);
    }
}

/* Only n_bytes are looked at; every prefix is good or refused, no more. */
static void
test_prefixes(void **state)
{
    static const char text[] = "[::1]:123,next:1";
    struct address address;
    struct err err;

    (void)state;
    for (size_t n = 0; n < strlen(text); n++) {
        char *exact = malloc(n + 1); /* so that ASan sees a byte too many */
        int status;

        memcpy(exact, text, n);
        exact[n] = '9';
        status = address_parse(&address, exact, n, &err);
        assert_int_equal(status, n >= 7 && n <= 9 ? 0 : -1);
        if (status == 0)
            assert_int_equal(strlen(address.text), n);
        if (n == 9)
            assert_int_equal(address.port, 123);
        address_release(&address);
        free(exact);
    }
}

/* What does not fit into a sockaddr_un would be cut: another socket. */
static void
test_long(void **state)
{
    struct address address;
    struct err err;
    char text[2000] = "unix:/";
    size_t room = sizeof(((struct sockaddr_un *)0)->sun_path);

    (void)state;
    memset(text + 6, 'x', sizeof(text) - 6);
    assert_int_equal(address_parse(&address, text, 5 + room - 1, &err), 0);
    assert_int_equal(strlen(address.host), room - 1);
    address_release(&address);
    assert_int_equal(address_parse(&address, text, 5 + room, &err), -1);
    assert_non_null(strstr(err.text, "too long"));
    assert_int_equal(address_parse(&address, text, sizeof(text), &err), -1);
    assert_non_null(strstr(err.text, "too long"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
