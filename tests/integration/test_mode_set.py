#!/usr/bin/python3
"""What mode `set` alone has to see to: libmemcached waits where the loader
cannot look, so a watchdog ends its waits, whatever libmemcached, the machine
or a stop does meanwhile."""

import os
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from fake_test import FakeTest  # noqa: E402
from records import line  # noqa: E402

SHORT = ("--mode", "set", "--timeout", "500", "--max-outage", "1",
         "--retry-delay", "1")
N = 30
TEXT = b"".join(line(ident=str(i)) for i in range(N))


class Stalls(FakeTest):
    """A server that takes `left` sets, and then hangs for good."""

    def stalling(self, left, refuses_at=None):
        def script(request):
            if request.verb != "set":
                return None
            if request.nth == refuses_at:
                return fake.refuse(b"SERVER_ERROR backend failure")
            return fake.hang() if request.nth > left else None

        return self.fake(script)

    def assert_given_up(self, it, stored, *args, **more):
        """Items in front of the stall are stored, the others failed."""
        path, result = self.into(it, TEXT, *SHORT, *args, code=1,
                                 deadline=memc.patience(40), **more)
        self.assertEqual(result.totals["stored"], stored, result)
        self.assertEqual(result.totals["failed"], N - stored, result)
        want = records.read(TEXT).stored()["idfa"]
        self.assertEqual(it.items, dict(list(want.items())[:stored]))
        self.assert_kept(path)
        return result

    def test_after_a_refusal(self):
        """libmemcached ends the connection upon any SERVER_ERROR but two, and
        would make the next one itself, which nobody watches."""
        it = self.stalling(20, refuses_at=5)
        result = self.assert_given_up(it, 19)
        self.assertTrue(any(
            text.endswith("refuses items: SERVER_ERROR backend failure")
            for _, text in result.log("W")), result)


class Words(FakeTest):
    def test_what_a_server_says(self):
        """Its own words are told; after them items go on being stored."""
        for said, told in (
                (b"SERVER_ERROR not now, host: x", None),
                (b"SERVER_ERROR", None),
                (b"SERVER_ERROR out of memory storing object",
                 "out of memory")):
            for path in (None, f"{self.dir}/fake"):
                with self.subTest(f"{said} {path}"):
                    self.assert_told(said, told or said.decode(), path)

    def assert_told(self, said, told, path):
        def script(request):
            return fake.refuse(said) if request.key == b"idfa:3" else None

        it = self.fake(script, path=path)
        _, result = self.into(it, TEXT, *SHORT, "--retries", "1", code=1)
        self.assertEqual(result.totals["stored"], N - 1, result)
        self.assertEqual(result.totals["failed"], 1, result)
        want = records.read(TEXT).stored()["idfa"]
        del want[b"idfa:3"]
        self.assertEqual(it.items, want)
        self.assertTrue(any(text.endswith(f"refuses items: {told}")
                            for _, text in result.log("W")), result)


if __name__ == "__main__":
    memc.main()
