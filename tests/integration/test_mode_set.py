#!/usr/bin/python3
"""What mode `set` alone has to see to: libmemcached waits where the loader
cannot look, so a watchdog ends its waits, whatever libmemcached, the machine
or a stop does meanwhile."""

import functools
import os
import signal
import sys
import threading
import time

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

    def on_odd_machine(self, **env):
        preload = memc.SUPPORT / "odd_preload.so"
        if not memc.CAN_PRELOAD:
            self.skipTest("sanitizers have their own of these calls")
        self.assert_given_up(self.stalling(20), 20,
                             env={"LD_PRELOAD": str(preload), **env})

    def test_a_wall_clock_set_back(self):
        """The watchdog looks every --timeout / 4 all the same."""
        self.on_odd_machine(FAKE_AHEAD_S="3600")

    def test_a_name_service_that_keeps_a_socket(self):
        """The connection is not the only socket that is new."""
        self.on_odd_machine(FAKE_NSS_SOCKET="1")


class Unread(memc.LoadTest):
    """A server that does not even read."""

    shards = ("gaid",)

    def test_a_value_larger_than_a_unix_socket(self):
        """The wait for room in the socket ends as well. One thread has both
        lanes, so the server stops while it is known not to be asked."""
        server = self.servers["gaid"]
        it = self.fake()
        it.hold_after(2)
        text = b"".join(
            line(kind="idfa", ident=str(i))
            + line(kind="gaid", ident=str(i), apps="1," * 400_000 + "1")
            for i in range(6))
        path = self.write("a.tsv.gz", text)
        running = self.start(
            "--mode", "set", "--threads", "0", "--connections", "1",
            "--timeout", "1000", "--max-outage", "1", files=[path],
            servers={"idfa": it, "gaid": server})
        it.wait_held()
        server.pause()
        it.release()
        memc.wait_until(lambda: "given up after" in running.said(),
                        "the server is given up", memc.patience(40))
        server.resume()
        result = self.check(running, 1)
        self.assert_kept(path, result)
        want = records.read(text).stored()
        self.assertEqual(it.items, want["idfa"])
        row = result.shard("gaid")
        self.assertEqual(row["failed"], 6 - row["stored"], result)
        self.assertLess(0, row["failed"], result)
        held = server.items(want["gaid"])
        for key, value in list(want["gaid"].items())[:row["stored"]]:
            self.assertEqual(held[key], value, result)


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


class Stops(FakeTest):
    """What is out has --timeout, also where libmemcached waits; then the
    worker ends by itself, and its rejects are written."""

    # more than all batches together, so that reading has not ended
    LINES = [line(ident=str(i), lat="x" if i % 10 == 3 else "55.1")
             for i in range(3000)]

    def stop(self, act, *args):
        """Begins a load whose server turns to `act` when bad lines have been
        written, and stops it then."""
        has_turned = threading.Event()
        is_felt = threading.Event()

        def script(request):
            if request.is_probe or not has_turned.is_set():
                return None
            is_felt.set()
            return act(request)

        it = self.fake(script)
        path = self.write(f"{self.n_runs}.tsv.gz", b"".join(self.LINES))
        begun = path.with_name(f".{path.name}.rejects.tsv.tmp")
        running = self.start("--mode", "set", "--timeout", "1000", "--batch",
                             "20", "--max-error-rate", "1", *args,
                             files=[path], servers={"idfa": it})
        memc.wait_until(begun.exists, "bad lines are written")
        has_turned.set()
        memc.wait_until(is_felt.is_set, "it waits for its server")
        running.signal(signal.SIGTERM)
        return lambda: self.assert_stopped(it, path, self.check(
            running, 4, deadline=memc.patience(40)))

    def assert_stopped(self, it, path, result):
        """Nothing is lost that was counted; the worker was not killed."""
        row = self.assert_file(result, path.name, "interrupted")
        self.assert_kept(path, result)
        self.assertNotIn("partial", row, result)
        self.assertLess(0, row["stored"], result)
        self.assertEqual(row["failed"], 0, result)
        want = records.read(b"".join(self.LINES)).stored()["idfa"]
        self.assertLessEqual(it.items.items(), want.items())
        self.assertLessEqual(row["stored"], len(it.items), result)
        rejected = (self.dir / row["rejects_tsv"]).read_bytes()
        lines = rejected.splitlines(True)
        self.assertEqual(len(lines), row["rejected"], result)
        self.assertLessEqual(set(lines), set(self.LINES[3::10]))
        return result

    def in_each_way(self, act):
        results = []

        def case(args):
            end = self.stop(act, *args)
            return lambda: results.append(end())

        self.side_by_side(
            (" ".join(args), functools.partial(case, args))
            for args in (("--threads", "0"), ("--threads", "1"),
                         ("--threads", "2", "--connections", "3")))
        return results

    def test_a_slow_server(self):
        """What is out would take it ten seconds."""
        self.in_each_way(lambda request: time.sleep(0.2))

    def test_a_server_that_hangs(self):
        for result in self.in_each_way(lambda request: fake.hang()):
            self.assertNotIn("connection lost", result.err)

    def test_a_server_that_greets_nobody(self):
        """Connections are made one after the other."""
        self.in_each_way(lambda request: fake.close() if request.verb == "set"
                         else fake.hang())


if __name__ == "__main__":
    memc.main()
