#!/usr/bin/python3
"""Files that are loaded again, because a server lost what it held of them,
where something else is the matter with them, or with others. Shard adid is
real, and what loses; gaid and dvid are fakes that hold loads back and answer
all the same when they are asked what they count."""

import fcntl
import re
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
import memc
import records
import servers


class Reloads(memc.LoadTest):
    shards = ("adid",)

    def setUp(self):
        super().setUp()
        self.adid = self.servers["adid"]
        self.gaid, self.dvid = self.fake(), self.fake()
        self.mine = {"adid": self.adid, "gaid": self.gaid, "dvid": self.dvid}

    def file(self, name, seed, *types, n=None):
        """A file, and what it holds."""
        text = records.generate(n or memc.scale(1000, 200), seed, types=types)
        return self.write(name, text), text

    def begin(self, *args, held, **more):
        """A load that is held at the first items for these."""
        for server in held:
            server.hold_after(0)
        running = self.start("--timeout", "60000", *args, servers=self.mine,
                             **more)
        for server in held:
            server.wait_held()
        return running

    def failing(self, wish):
        """The environment that makes a call fail, see fail_preload.c."""
        calls = self.dir / "calls"
        calls.write_bytes(bytes(4096))
        return {"LD_PRELOAD": str(memc.SUPPORT / "fail_preload.so"),
                "MEMC_FAIL_CALLS": str(calls), "MEMC_FAIL": wish}

    def wait_said(self, running, what):
        memc.wait_until(lambda: what in running.said(), f"it says: {what}")

    def wait_renamed(self, path):
        memc.wait_until(lambda: not path.exists(), f"{path.name} is renamed")

    def assert_all_there(self, expected, result):
        want = expected.stored()
        self.assert_holds({"adid": want["adid"]}, note=result)
        for name in ("gaid", "dvid"):
            self.assertEqual(self.mine[name].items, want.get(name, {}), result)

    def assert_adid(self, result, reloaded, lost):
        row = result.shard("adid")
        self.assertEqual((row["reloaded"], row["lost"], row["failed"]),
                         (reloaded, lost, lost), result)


class Renames(Reloads):
    """A file that could not get its dot is loaded again."""

    def reload(self, code, before_release=lambda: None):
        a, first = self.file("a.tsv.gz", 1, "adid")
        b, second = self.file("b.tsv.gz", 2, "gaid")
        there = self.write(".a.tsv.gz", b"precious", is_gzip=False)
        expected = records.read(first + second)
        running = self.begin("--processes", "1", files=[a, b],
                             held=[self.gaid])
        self.wait_said(running, "a.tsv.gz: failed (rename)")
        self.adid.flush()
        before_release()
        self.gaid.release()
        result = self.check(running, code)
        self.assert_counts(result, expected)
        self.assert_all_there(expected, result)
        self.assert_adid(result, expected.count("adid"), 0)
        self.assert_file(result, "b.tsv.gz", "done")
        self.assert_renamed(b)
        return a, there, result

    def test_the_dot_name_is_still_taken(self):
        a, there, result = self.reload(1)
        row = self.assert_file(result, "a.tsv.gz", "failed", "rename")
        self.assertIsNone(row["renamed_to"], result)
        self.assertTrue(a.exists())
        self.assertEqual(there.read_bytes(), b"precious")

    def test_the_dot_name_is_free_by_then(self):
        a, there, result = self.reload(
            0, lambda: (self.dir / ".a.tsv.gz").unlink())
        row = self.assert_file(result, "a.tsv.gz", "done")
        self.assertEqual(row["renamed_to"], str(there), result)
        self.assert_renamed(a)


class Locks(Reloads):
    @unittest.skipUnless(memc.CAN_PRELOAD, "preloads a library")
    def test_where_nothing_can_be_locked(self):
        """As with a network filesystem: the one that has its dot by now and
        the one that is under way are both loaded again."""
        a, first = self.file("a.tsv.gz", 3, "adid")
        b, second = self.file("b.tsv.gz", 4, "adid", "gaid")
        expected = records.read(first + second)
        running = self.begin("--processes", "1", files=[a, b],
                             held=[self.gaid],
                             env=self.failing("flock:1+:9:supervisor"))
        self.wait_renamed(a)
        self.adid.flush()
        self.gaid.release()
        result = self.check(running)
        self.assertIn("a.tsv.gz: cannot be locked: Bad file", result.err)
        self.assert_counts(result, expected)
        self.assert_all_there(expected, result)
        self.assert_adid(result, expected.count("adid"), 0)
        self.assert_renamed(a)
        self.assert_renamed(b)

    def test_one_that_another_loader_is_at(self):
        a, first = self.file("a.tsv.gz", 5, "adid")
        b, second = self.file("b.tsv.gz", 6, "gaid")
        lost = records.read(first).count("adid")
        running = self.begin("--processes", "1", files=[a, b],
                             held=[self.gaid])
        self.wait_renamed(a)
        with open(self.dir / ".a.tsv.gz", "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.adid.flush()
            self.gaid.release()
            result = self.check(running, 1)
        self.assert_file(result, "a.tsv.gz", "failed", "lost")
        self.assert_adid(result, 0, lost)
        self.assertIn("locked by another loader", result.err)
        self.assert_holds({"adid": {}})
        self.assertEqual(self.gaid.items, records.read(second).stored()["gaid"])
        self.assert_kept(a)
        self.assert_renamed(b)


class Others(Reloads):
    """A file that cannot be loaded again."""

    def test_it_fails_alone(self):
        """Another one, of which is not known yet what was lost of it, is
        loaded again when its turn comes."""
        a, first = self.file("a.tsv.gz", 7, "adid")
        b, second = self.file("b.tsv.gz", 8, "adid", "gaid")
        c, third = self.file("c.tsv.gz", 9, "dvid")
        d, fourth = self.file("d.tsv.gz", 10, "dvid")
        lost = records.read(first).count("adid")
        expected = records.read(second + third + fourth)
        running = self.begin("--processes", "2", files=[a, b, c, d],
                             held=[self.gaid, self.dvid])
        self.wait_renamed(a)
        (self.dir / ".a.tsv.gz").rename(self.dir / "archived")
        self.adid.flush()
        with self.dvid.lock:  # c ends, and d takes its place
            self.dvid.release()
            self.dvid.hold_after(records.read(third).count("dvid"))
        self.wait_said(running, "loading 1 file again for it")
        self.dvid.wait_held()
        self.gaid.release()  # b ends, and a has a place
        self.wait_said(running, "a.tsv.gz: it cannot be loaded again")
        self.dvid.release()
        result = self.check(running, 1)
        self.assert_file(result, "a.tsv.gz", "failed", "lost")
        for path in (b, c, d):
            self.assert_file(result, path.name, "done")
            self.assert_renamed(path, result)
        self.assert_adid(result, expected.count("adid"), lost)
        self.assertEqual(result.totals["stored"], len(expected.items), result)
        self.assert_all_there(expected, result)
        self.assertEqual(
            result.err.count("does not get its old name back"), 1, result)

    @unittest.skipUnless(memc.CAN_PRELOAD, "preloads a library")
    def test_no_process_for_it(self):
        a, first = self.file("a.tsv.gz", 11, "adid")
        b, second = self.file("b.tsv.gz", 12, "gaid")
        lost = records.read(first).count("adid")
        # before: who opens the books, a, b, and who asks the servers when
        # each of them has ended
        running = self.begin("--processes", "1", files=[a, b],
                             held=[self.gaid],
                             env=self.failing("fork:6:11:supervisor"))
        self.wait_renamed(a)
        self.adid.flush()
        self.gaid.release()
        result = self.check(running, 1)
        self.assert_file(result, "a.tsv.gz", "failed", "worker")
        self.assertIn("cannot start a process for it", result.err)
        self.assertNotIn("another loader", result.err)
        self.assert_adid(result, 0, lost)
        self.assert_kept(a)
        self.assert_renamed(b)
        self.assert_holds({"adid": {}})
        self.assertEqual(self.gaid.items, records.read(second).stored()["gaid"])


class Clients(Reloads):
    """Who else stores on a server that lost what it held."""

    def load_on(self, put=lambda: None):
        """A worker that was begun before a flush stores on after it."""
        b, first = self.file("b.tsv.gz", 13, "adid", "gaid", n=2000)
        c, second = self.file("c.tsv.gz", 14, "dvid")
        expected = records.read(first + second)
        before = self.adid.counter("cmd_set")
        running = self.begin("--processes", "2", "--batch", "20",
                             files=[b, c], held=[self.gaid, self.dvid])
        memc.wait_until(lambda: self.adid.sets_after(before) > 0,
                        "adid gets some of it")
        self.adid.flush()
        self.dvid.release()  # c ends, so the servers are asked
        self.wait_said(running, "it was flushed")
        under_way = self.adid.sets_after(before, 2)
        self.assertLess(under_way, expected.count("adid") // 2)
        put()
        self.gaid.release()
        result = self.check(running)
        self.assert_counts(result, expected)
        self.assert_adid(result, expected.count("adid"), 0)
        return expected, under_way, result

    def test_our_own_are_nobody_elses(self):
        expected, _, result = self.load_on()
        self.assert_all_there(expected, result)
        self.assertNotIn("that we did not send", result.err)

    def test_those_of_others_are_told(self):
        keys = [b"other:%d" % i for i in range(700)]
        expected, under_way, result = self.load_on(lambda: servers.ask(
            self.adid.address,
            b"".join(b"set %s 0 0 1 noreply\r\n1\r\n" % key for key in keys)
            + b"mn\r\n", (b"MN\r\n",)))
        told = re.search(r"I shard adid .*: it counts (\d+) sets that we did "
                         "not", result.err)
        self.assertTrue(told, result)
        # what was under way when it was asked may be of before or after
        self.assertLessEqual(int(told.group(1)), 700, result)
        self.assertGreaterEqual(int(told.group(1)), 700 - under_way, result)
        self.assertEqual(self.adid.items(expected.stored()["adid"]),
                         expected.stored()["adid"])


if __name__ == "__main__":
    memc.main()
