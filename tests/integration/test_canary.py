#!/usr/bin/python3
"""Losses by which a server looks as it did before: by process, start time and
counters it is the same one, and what was stored there is gone. And what only
looks like one."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402
import service  # noqa: E402
from records import generate  # noqa: E402


def ask(server, request):
    return servers.ask(server.address, request, (b"\r\n",))


class CanaryTest(memc.LoadTest):
    """Loads of three files, of which the last waits for the test: a shard of
    it is a fake that holds."""

    shards = ("idfa",)

    def setUp(self):
        super().setUp()
        n = memc.scale(3000, 300)
        self.gate = self.fake()
        self.texts = [generate(n, 90 + i, types=("idfa",)) for i in range(3)]
        self.texts[2] += generate(40, 93, types=("gaid",))
        self.expected = records.read(b"".join(self.texts))

    def begin(self, server, *args, name="a", n_done=2):
        """Returns once two files are done, and some of the third is stored."""
        self.gate.hold_after(0)
        paths = [self.write(f"{name}{i}.tsv.gz", text)
                 for i, text in enumerate(self.texts)]
        running = self.start("--processes", "1", "--batch", "100", *args,
                             files=paths,
                             servers={"idfa": server, "gaid": self.gate})
        for path in paths[:n_done]:
            self.wait_renamed(path)
        self.gate.wait_held()
        return running, paths

    def wait_renamed(self, path):
        memc.wait_until(
            lambda: path.with_name("." + path.name).exists(), "a file is done")

    def end(self, running, server, code=0):
        self.gate.release()
        result = self.check(running, code)
        if code == 0:
            self.assert_there(server, result)
        self.assertEqual(server.canaries(), set(), result)
        return result

    def assert_there(self, server, result):
        want = self.expected.stored()["idfa"]
        self.assertEqual(server.items(want), want, result)

    def assert_reloaded(self, result, cause):
        self.assertRegex(result.err, r"W shard idfa .*" + cause)
        self.assertGreater(result.shard("idfa")["reloaded"], 0, result)
        self.assertIs(result.shard("idfa")["restarted"], True, result)

    def assert_quiet(self, result):
        self.assertEqual(result.shard("idfa")["reloaded"], 0, result)
        self.assertIs(result.shard("idfa")["restarted"], False, result)


class Failover(CanaryTest):
    """To another server with the same process number, as it is in containers,
    that was started at the same time and has done more."""

    def contained(self, server):
        it = service.Service(server.address).start()
        self.addCleanup(it.stop)
        it.tells = {"pid": lambda n: 1, "uptime": lambda n: 100,
                    "time": lambda n: 1_700_000_000}
        return it

    def look_older(self, server, than):
        with servers.connect(server.address) as sock:
            sock.sendall(b"set other 0 0 1 noreply\r\nx\r\n"
                         * (than.counter("cmd_set") + 1000) + b"version\r\n")
            sock.makefile("rb").readline()
        while (server.counter("total_connections")
               <= than.counter("total_connections") + 50):
            ask(server, b"version\r\n")

    def test_it_is_noticed(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                first = self.server(f"{mode}1", tcp=True)
                second = self.server(f"{mode}2", tcp=True)
                it = self.contained(first)
                running, _ = self.begin(it, "--mode", mode, name=mode)
                self.look_older(second, first)
                it.lead_to(second.address, "reset")
                result = self.end(running, second)
                self.assert_reloaded(result, "another server answers")

    def test_without_a_canary_it_is_not_seen(self):
        """The control: it is the canary that tells."""
        first = self.server("first", tcp=True)
        second = self.server("second", tcp=True)
        it = self.contained(first)
        running, _ = self.begin(it, "--no-canary")
        self.assertEqual(first.canaries(), set())
        self.look_older(second, first)
        it.lead_to(second.address, "reset")
        self.gate.release()
        result = self.check(running)
        self.assert_quiet(result)
        self.assertLess(len(second.items(self.expected.stored()["idfa"])),
                        len(self.expected.stored()["idfa"]))


class Flushes(CanaryTest):
    def test_with_its_counters_reset(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                server = self.servers["idfa"]
                running, _ = self.begin(server, "--mode", mode, name=mode)
                self.assertEqual(len(server.canaries()), 1)
                ask(server, b"flush_all\r\n")
                ask(server, b"stats reset\r\n")
                result = self.end(running, server)
                # by `oldest`, or in the second of another flush by the canary
                self.assert_reloaded(result, "(flushed|emptied)")
                self.flush_all()

    def test_that_come_later(self):
        """Said before the load, or in it: it waits for the moment."""
        for when in ("before", "meanwhile"):
            with self.subTest(when):
                server = self.server(when, tcp=True)
                if when == "before":
                    ask(server, b"flush_all 3\r\n")
                # on a slow machine it may come before two files are done
                running, _ = self.begin(server, name=when, n_done=0)
                if when == "meanwhile":
                    ask(server, b"flush_all 3\r\n")
                result = self.end(running, server)
                self.assertRegex(result.err, r"W shard idfa .*: somebody has "
                                 r"it flushed in \d seconds?: .* loaded again")
                self.assert_reloaded(result, "it was flushed")

    def test_long_after_the_load(self):
        server = self.server("long", tcp=True)
        running, _ = self.begin(server)
        ask(server, b"flush_all 4000\r\n")
        result = self.end(running, server)
        self.assertRegex(result.err, r"W shard idfa .*: somebody has it "
                         r"flushed in [34],\d+ seconds: .* Load it again "
                         r"after that")
        self.assert_quiet(result)

    def test_reset_counters_alone_lose_nothing(self):
        server = self.servers["idfa"]
        running, _ = self.begin(server)
        ask(server, b"stats reset\r\n")
        result = self.end(running, server)
        self.assertIn("its counters were reset", result.err)
        self.assert_quiet(result)


class Small(CanaryTest):
    """Servers on which canaries go, or are not taken, by themselves."""

    def fill(self, server, n):
        """With items of the canary's class, which has a page of its own."""
        with servers.connect(server.address) as sock:
            sock.sendall(b"".join(
                b"set s%d 0 0 4 noreply\r\nabcd\r\n" % i for i in range(n))
                + b"version\r\n")
            sock.makefile("rb").readline()

    def test_evicted(self):
        server = self.server("tiny", tcp=True, megabytes=2)
        running, _ = self.begin(server)
        before = int(server.stats("items").get("items:1:evicted", 0))
        self.fill(server, 60_000)
        self.assertGreater(int(server.stats("items")["items:1:evicted"]),
                           before)
        self.assertEqual(server.canaries(), set())
        self.gate.release()
        result = self.check(running)
        self.assertRegex(result.err, "W shard idfa .*may have been evicted")
        self.assert_quiet(result)

    def test_refused(self):
        server = self.server("full", tcp=True, args=["-M"], megabytes=2)
        self.fill(server, 60_000)
        running = self.start("--mode", "multi", servers={"idfa": server},
                             files=[self.write("a.tsv.gz", b"")])
        result = self.check(running)
        self.assertRegex(result.err, "W shard idfa .*does not take the item")


class Killed(CanaryTest):
    def test_it_expires(self):
        server = self.servers["idfa"]
        running, _ = self.begin(server)
        running.kill()
        self.gate.release()
        keys = server.canaries()
        self.assertEqual(len(keys), 1)
        (_, _, seconds), = servers.read_items(server.address, keys).values()
        self.assertGreater(seconds, 3000)
        self.assertLessEqual(seconds, 3600)


class Refusals(memc.LoadTest):
    """`noreply`, into a full server that another client stores on."""

    shards = ("idfa",)

    def test_another_makes_up_for_them(self):
        server = self.server("full", tcp=True, args=["-M"], megabytes=8)
        others = [b"other%d" % i for i in range(100)]
        for key in others:
            server.put(key, b"x" * 2000)
        over = threading.Event()

        def overwrite():
            while not over.is_set():
                for key in others:
                    server.put(key, b"y" * 2000)

        thread = threading.Thread(target=overwrite)
        thread.start()
        path = self.write("a.tsv.gz", generate(
            40_000, 97, types=("idfa",), apps=(50, 90)))
        try:
            result = self.load("--mode", "noreply", "--batch", "1000",
                               files=[path], servers={"idfa": server}, code=1)
        finally:
            over.set()
            thread.join()
        self.assertGreater(server.counter("store_no_memory"), 0)
        self.assert_file(result, path.name, "failed", "shortfall")
        self.assertRegex(result.err, r"E shard idfa .*: (it refused [\d,]+ "
                         r"sets?|it counts [\d,]+ sets? fewer)")
        self.assert_kept(path, result)


class Names(memc.LoadTest):
    """One server that two shards know by different addresses."""

    shards = ("idfa",)

    def test_what_the_other_stored_is_not_missing(self):
        server = self.server("one", tcp=True)
        again = self.proxy(server.address)
        text = generate(2000, 98, types=("idfa", "gaid"))
        expected = records.read(text)
        result = self.load(files=[self.write("a.tsv.gz", text)],
                           servers={"idfa": server, "gaid": again})
        self.assert_counts(result, expected)
        self.assertNotIn("that we did not send", result.err)
        self.assertEqual(server.canaries(), set())

    def test_a_shortfall_that_the_other_makes_up_for(self):
        """It counts as many as each alone was acknowledged, not both."""
        server = self.server("two", tcp=True)
        text = generate(2000, 99, types=("idfa", "gaid"))
        expected = records.read(text)
        base = server.counter("cmd_set")
        n = max(expected.count("idfa"), expected.count("gaid"))
        one, two = (service.Service(server.address).start() for _ in range(2))
        for it in (one, two):
            self.addCleanup(it.stop)
            it.tells = {"cmd_set": lambda sets: min(sets, base + 2 + n)}
        path = self.write("b.tsv.gz", text)
        result = self.load(files=[path], servers={"idfa": one, "gaid": two},
                           code=1)
        self.assert_file(result, path.name, "failed", "shortfall")


if __name__ == "__main__":
    memc.main()
