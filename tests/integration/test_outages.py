#!/usr/bin/python3
"""Servers that stop, are reset, stay away or are killed in mid-load. Faults
come at a chosen byte or between two feeds of standard input, never by luck."""

import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import generate  # noqa: E402

# states of TCP, as /proc/net/tcp has them: FIN_WAIT1 and FIN_WAIT2
SHUT = ("04", "05")
BUSY = ("--threads", "2", "--connections", "3", "--batch", "200")


def is_given_up(server):
    """Has a loader shut a connection to this port for writing, and waits for
    its end?"""
    port = f":{int(server.address.rsplit(':', 1)[1]):04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [row.split() for row in table]
    # without an inode nobody has it any more
    return any(row[2].endswith(port) and row[3] in SHUT and row[9] != "0"
               for row in rows)


def wait_given_up(running, *servers):
    """Until that is so of one of them. One that lay idle when its server was
    stopped is replaced at once, and never seen waiting for its end."""
    memc.wait_until(lambda: any(map(is_given_up, servers))
                    or "no answer" in running.said()
                    or not running.is_running(), "a connection is given up")


class Stopped(memc.LoadTest):
    """SIGSTOP between two feeds of standard input: the first is under way on
    every connection, the second meets servers that do not move."""

    tcp = True
    shards = ("idfa", "gaid")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a good deal more than any buffer on the way holds
        n = memc.scale(20_000, 4000)
        # few keys: each comes back again and again, before and after the stop
        cls.first = generate(n, 51, keys=100, types=cls.shards, apps=(1, 9))
        cls.rest = generate(3 * n, 51, keys=100, types=cls.shards, first=n,
                            apps=(1, 9))
        cls.expected = records.read(cls.first + cls.rest)

    def stop_and_go(self, seconds, *args, until=None):
        """Loads in all modes at once, each with servers of its own, stopped
        in the middle until that is so of a load, and then for so long; returns
        {mode: (running, servers)}. Of two servers that are stopped one may
        have all that was meant for it: the batches wait for the other."""
        runs = {}
        for mode in memc.MODES:
            mine = {name: self.server(name + mode) for name in self.shards}
            running = self.start(
                "--mode", mode, "--window", "4KiB", *BUSY, *args, files=["-"],
                servers=mine, stdin=b"")
            running.feed(self.first, last=False)
            runs[mode] = (running, mine)
        for running, mine in runs.values():
            self.wait_begun(running, *mine.values())
        for running, mine in runs.values():
            for server in mine.values():
                server.pause()
            running.feed(self.rest)
        for running, mine in runs.values() if until else ():
            until(running, *mine.values())
        memc.hold_for(seconds)
        for mode, (running, mine) in runs.items():
            self.assertTrue(running.is_running(), f"{mode} ended early")
            for server in mine.values():
                server.resume()
        return runs

    def assert_all_there(self, runs, reconnects=None):
        for mode, (running, mine) in runs.items():
            with self.subTest(mode):
                result = self.check(running)
                self.assert_counts(result, self.expected, mode)
                self.assert_holds(self.expected.stored(), mine, result)
                self.assert_file(result, "-", "done")
                if reconnects is not None:
                    self.assertEqual(
                        any(result.shard(name)["reconnects"]
                            for name in self.shards), reconnects, result)
        for _, mine in runs.values():
            for server in mine.values():
                server.stop()

    def test_for_five_seconds(self):
        self.assert_all_there(self.stop_and_go(5))

    def test_for_longer_than_the_timeout(self):
        """The old connection's bytes may come after the new one's: still the
        last line of each key wins."""
        runs = self.stop_and_go(0.3, *memc.HASTY, until=wait_given_up)
        self.assert_all_there(runs, reconnects=True)

    def test_again_and_again(self):
        """The two servers by turns, each until it is given up."""
        mine = {name: self.server(name) for name in self.shards}
        running = self.start("--window", "4KiB", *BUSY, *memc.HASTY,
                             files=["-"], servers=mine, stdin=b"")
        running.feed(self.first, last=False)
        self.wait_begun(running, *mine.values())
        lines = self.rest.splitlines(keepends=True)
        part = len(lines) // 4
        for turn in range(4):
            server = list(mine.values())[turn % 2]
            memc.wait_until(lambda: not is_given_up(server),
                            "the connection of the last time is gone")
            server.pause()
            n_before = running.said().count("no answer")
            last = turn == 3
            end = len(lines) if last else (turn + 1) * part
            running.feed(b"".join(lines[turn * part:end]), last=last)
            # one that lay idle is not waited for
            memc.wait_until(
                lambda: is_given_up(server) or not running.is_running()
                or running.said().count("no answer") > n_before,
                "a connection is given up")
            server.resume()
        result = self.check(running)
        self.assert_counts(result, self.expected)
        self.assert_holds(self.expected.stored(), mine, result)
        for name in mine:
            self.assertGreater(result.shard(name)["reconnects"], 1, result)


class Reset(memc.LoadTest):
    """Connections that break, through a proxy that breaks them."""

    shards = records.TYPES

    def setUp(self):
        super().setUp()
        n = memc.scale(20_000, 1500)
        self.text = generate(n, 61, keys=n // 5)
        self.expected = records.read(self.text)
        self.proxies = {name: self.proxy(server.address)
                        for name, server in self.servers.items()}
        self.size = sum(len(item.value) for item in self.expected.items) // 4

    def run_through(self, *args, code=0, held=None, mode="multi", **more):
        path = self.write("a.tsv.gz", self.text)
        running = self.start("--mode", mode, *args, files=[path],
                             servers=self.proxies, **more)
        if held is not None:
            held()
        result = self.check(running, code)
        return path, result

    def test_all_connections_reset_in_mid_load(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                before = [it.n_resets for it in self.proxies.values()]
                for it in self.proxies.values():
                    it.reset_after(self.size // 2)
                path, result = self.run_through(*BUSY, mode=mode)
                self.assert_counts(result, self.expected, mode)
                self.assert_holds(self.expected.stored(), note=result)
                self.assert_renamed(path)
                for it, old in zip(self.proxies.values(), before):
                    self.assertGreater(it.n_resets, old, "nothing was reset")
                for name in self.proxies:
                    self.assertGreater(result.shard(name)["reconnects"], 0)
                self.flush_all()

    def test_reset_again_and_again(self):
        for it in self.proxies.values():
            it.reset_after(*[self.size // 12] * 10)
        _, result = self.run_through(*BUSY, "--window", "8KiB")
        self.assert_counts(result, self.expected)
        self.assert_holds(self.expected.stored(), note=result)
        self.assertGreater(result.shard("idfa")["reconnects"], 3)

    def test_reset_while_much_is_held_back(self):
        """A proxy full of bytes that never arrive."""
        for it in self.proxies.values():
            it.hold_after(self.size // 3)

        def held():
            for it in self.proxies.values():
                it.wait_held()
                it.reset_all()
                it.release()

        _, result = self.run_through(held=held)
        self.assert_counts(result, self.expected)
        self.assert_holds(self.expected.stored(), note=result)

    def test_away_for_less_than_the_outage(self):
        one = self.proxies["gaid"]
        one.hold_after(self.size // 3)

        def held():
            one.wait_held()
            one.down()
            memc.hold_for(1)
            one.release()
            one.up()

        path, result = self.run_through("--max-outage", "30", held=held)
        self.assert_counts(result, self.expected)
        self.assert_holds(self.expected.stored(), note=result)
        self.assertGreater(result.shard("gaid")["reconnects"], 0)
        self.assertEqual(result.shard("idfa")["reconnects"], 0)
        self.assert_renamed(path)

    def away_for_good(self, mode):
        """All its items failed, those too that it had acknowledged: nobody
        can say whether it holds them. The others' are stored."""
        one = self.proxies["gaid"]
        one.hold_after(self.size // 3)

        def held():
            one.wait_held()
            one.down()
            one.release()

        path, result = self.run_through(
            "--max-outage", "1", "--window", "4KiB", "--batch", "100",
            mode=mode, code=1, held=held)
        row = result.shard("gaid")
        self.assertEqual(row["failed"], self.expected.count("gaid"), result)
        self.assertEqual(row["stored"] + row["sent"], 0)
        self.assertGreater(row["lost"], 0, result)
        self.assertLess(row["lost"], row["failed"])
        self.assertEqual(result.totals["failed"], row["failed"])
        good = self.expected.stored()
        del good["gaid"]
        self.assert_holds(good, {name: self.servers[name] for name in good},
                          result)
        self.assert_file(result, "a.tsv.gz", "failed")
        self.assert_kept(path, result)
        one.up()

    def test_away_for_good(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                self.away_for_good(mode)
                self.flush_all()

    def test_all_away_for_good_is_exit_3(self):
        for it in self.proxies.values():
            it.hold_after(self.size // 3)

        def held():
            for it in self.proxies.values():
                it.wait_held()
                it.down()
                it.release()

        path, result = self.run_through("--max-outage", "1", code=3,
                                        held=held)
        self.assertEqual(
            (result.totals["failed"], result.totals["stored"]),
            (self.expected.lines, 0), result)
        self.assert_file(result, "a.tsv.gz", "failed")
        self.assert_kept(path, result)


class Late(memc.LoadTest):
    """A connection that stands still for longer than --timeout, and then its
    bytes arrive after all. Only who waits for its end before anything is sent
    on a new one keeps the order of a key's lines."""

    shards = ("idfa", "gaid")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        n = memc.scale(6000, 2000)
        cls.text = generate(n, 52, keys=50, types=cls.shards, apps=(1, 60))
        cls.expected = records.read(cls.text)

    def check_mode(self, mode, *args):
        """Returns a function that sees to the end of it."""
        mine = {name: self.server(name + mode) for name in self.shards}
        it = self.proxy(mine["idfa"].address)
        it.freeze_after(len(self.text) // 8)
        path = self.write(f"{mode}.tsv.gz", self.text)
        running = self.start("--mode", mode, *memc.HASTY, *args,
                             files=[path], servers={**mine, "idfa": it})

        def end():
            it.wait_frozen()
            wait_given_up(running, it)
            # time enough for a second connection to overtake the first, were
            # there to be one
            self.wait_for_overtaking(running, it)
            it.thaw()
            result = self.check(running)
            it.wait_late()
            self.assert_counts(result, self.expected, mode)
            self.assert_holds(self.expected.stored(), mine, result)
            self.assertGreater(result.shard("idfa")["reconnects"], 0)
        return end

    def wait_for_overtaking(self, running, it):
        n_before = it.n_connections
        started = time.monotonic()

        def is_over():
            spent = time.monotonic() - started
            return (not running.is_running() or spent > memc.patience(8)
                    or spent > memc.patience(1)
                    and it.n_connections == n_before)

        memc.wait_until(is_over, "it is time")

    def all_modes(self, *args):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ends = [(mode, pool.submit(self.check_mode(mode, *args)))
                    for mode in memc.MODES]
        for mode, end in ends:
            with self.subTest(mode):
                end.result()

    def test_one_connection(self):
        self.all_modes("--threads", "0", "--window", "16KiB")

    def test_many_connections_and_threads(self):
        self.all_modes(*BUSY, "--window", "2KiB")


class Killed(memc.LoadTest):
    """kill -9 of a real server."""

    tcp = True
    shards = ("idfa", "gaid")

    def test_never_to_come_back(self):
        n = memc.scale(20_000, 2000)
        first = generate(n, 71, types=self.shards)
        rest = generate(n, 71, types=self.shards, first=n)
        expected = records.read(first + rest)
        mine = {**self.servers, "gaid": self.server("dying")}
        running = self.start("--max-outage", "1", "--window", "4KiB",
                             "--batch", "100", files=["-"], servers=mine,
                             stdin=b"")
        running.feed(first, last=False)
        self.wait_begun(running, *mine.values())
        mine["gaid"].stop()
        running.feed(rest)
        result = self.check(running, 1)
        row = result.shard("gaid")
        self.assertEqual((row["failed"], row["stored"]),
                         (expected.count("gaid"), 0), result)
        self.assertEqual(result.shard("idfa")["stored"],
                         expected.count("idfa"))
        self.assert_holds({"idfa": expected.stored()["idfa"]},
                          {"idfa": mine["idfa"]}, result)
        self.assert_file(result, "-", "failed")


if __name__ == "__main__":
    memc.main()
