#!/usr/bin/python3
"""Names of servers that take long to be resolved, or come to more than one
address; and connections that end while nobody uses them."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402

PRELOAD = memc.SUPPORT / "hosts_preload.so"
# half of it is still time enough for a server on a busy machine
TIMEOUT_MS = 3000


class Names(memc.LoadTest):
    def setUp(self):
        super().setUp()
        if not memc.CAN_PRELOAD:
            self.skipTest("preloads a library")
        self.idfa = self.server("idfa", tcp=True)
        self.idfa.flush()
        self.port = self.idfa.address.rsplit(":", 1)[1]

    def env(self, hosts):
        return {"LD_PRELOAD": str(PRELOAD), "FAKE_HOSTS": hosts}

    def test_a_slow_name_beside_a_server_that_is_well(self):
        """All the time that there is to answer goes into the name; the server
        beside it is asked all the same."""
        text = records.generate(400, 1, types=("idfa", "gaid"))
        path = self.write("a.tsv.gz", text)
        expected = records.read(text)
        result = self.load("--timeout", str(TIMEOUT_MS), "--degraded", path,
                           env=self.env(f"slow.test={TIMEOUT_MS + 500}"),
                           servers={"gaid": "slow.test:1",
                                    "idfa": self.idfa}, code=1)
        self.assert_file(result, "a.tsv.gz", "failed")
        self.assertEqual((result.totals["stored"], result.totals["failed"]),
                         (expected.count("idfa"), expected.count("gaid")))
        self.assert_holds(expected.stored(), {"idfa": self.idfa})

    def test_an_address_that_swallows_everything(self):
        """A host's first address takes no connection and refuses none; its
        second one is well."""
        with socket.socket() as hole:
            hole.bind(("127.0.0.2", int(self.port)))
            hole.listen(0)
            taken = []
            try:
                # until its backlog is full, and the kernel drops the next
                for _ in range(8):
                    one = socket.socket()
                    one.setblocking(False)
                    one.connect_ex(("127.0.0.2", int(self.port)))
                    taken.append(one)
                text = records.generate(400, 2, types=("idfa",))
                path = self.write("a.tsv.gz", text)
                result = self.load(
                    "--timeout", str(TIMEOUT_MS), path,
                    env=self.env("two.test=0,127.0.0.2,127.0.0.1"),
                    servers={"idfa": f"two.test:{self.port}"})
            finally:
                for one in taken:
                    one.close()
        self.assertEqual(result.totals["stored"], 400)
        self.assert_renamed(path)
        self.assert_holds(records.read(text).stored(), {"idfa": self.idfa})


class Idle(memc.LoadTest):
    def settled(self, it):
        """How many items it has, when they have not grown for a second."""
        seen, since = -1, 0
        until = time.monotonic() + memc.DEADLINE_S
        while time.monotonic() < until:
            if len(it.items) != seen:
                seen, since = len(it.items), time.monotonic()
            elif seen and time.monotonic() - since > 1:
                return seen
            time.sleep(0.01)
        self.fail("nothing comes")

    def test_a_connection_that_ends_while_nothing_is_to_be_sent(self):
        """For longer than --max-outage nobody asks the server anything; then
        it refuses one connection. That is no outage of all that time."""
        it = self.fake()
        text = records.generate(800, 3, types=("idfa",))
        half = text.index(b"\n", len(text) // 2) + 1
        running = self.start("--max-outage", "1", "--batch", "50", "--window",
                             "1KiB", "-", stdin=b"", servers={"idfa": it})
        running.feed(text[:half], last=False)
        before = self.settled(it)
        with it.lock:
            for sock in it.sockets:
                sock.shutdown(socket.SHUT_RDWR)
        time.sleep(1.5)  # time that passes is what this is about
        it.greetings.append(b"ERROR Too many open connections\r\n")
        running.feed(text[half:])
        result = self.check(running)
        self.assertLess(before, 800)
        self.assertEqual(result.totals["stored"], 800)
        self.assertEqual(it.items, records.read(text).stored()["idfa"])


if __name__ == "__main__":
    memc.main()
