#!/usr/bin/python3
"""What servers lose while they are loaded is noticed when the load is over."""

import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
import memc
import records


class Losses(memc.LoadTest):
    shards = records.TYPES

    def setUp(self):
        super().setUp()
        # half of it must be more than the 64 KiB of a pipe that are looked at
        # before any of it is taken for text
        n = memc.scale(20_000, 2000)
        self.lines = [b"%s\t%d\t1\t2\t%s%d\n" %
                      (records.TYPES[i % 4].encode(), i, b"7," * 100, i)
                      for i in range(n)]

    def shard(self, result, name):
        return next(shard for shard in result.summary["shards"]
                    if shard["name"] == name)

    def half_way(self, servers, *options, begun=records.TYPES):
        """A load of standard input whose first half has arrived."""
        half = len(self.lines) // 2
        # other tests stored there before
        before = {name: servers[name].counter("cmd_set") for name in begun}
        running = self.start("--batch", "100", "--window", "1KiB", *options,
                             files=["-"], servers=servers, stdin=b"")
        running.feed(b"".join(self.lines[:half]), last=False)
        for name in begun:
            self.wait_while(
                running,
                lambda: servers[name].sets_after(before[name]) > 0,
                "the load begins")
        return running, b"".join(self.lines[half:])

    def assert_lost(self, result, name):
        """All that was stored there failed; the rest is where it was."""
        want = records.read(b"".join(self.lines)).stored()
        for shard in result.summary["shards"]:
            n = len(want[shard["name"]])
            is_lost = shard["name"] == name
            self.assertEqual(shard["failed"], n if is_lost else 0, result)
            self.assertEqual(shard["stored"], 0 if is_lost else n, result)
            self.assertEqual(shard["lost"], n if is_lost else 0, result)
        self.assertEqual(result.summary["files"][0]["reason"], "lost")
        del want[name]
        self.assert_holds(want, {it: self.servers[it] for it in want}, result)

    def test_nothing_lost(self):
        path = self.write("a.tsv.gz", b"".join(self.lines))
        result = self.load(files=[path])
        for shard in result.summary["shards"]:
            self.assertIs(shard["restarted"], False)
            self.assertEqual(shard["evictions"], 0)
        expected = records.read(b"".join(self.lines))
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)

    def test_a_flushed_server_is_told(self):
        running, rest = self.half_way(self.servers)
        self.servers["gaid"].flush()
        running.feed(rest, last=True)
        result = self.check(running, 1)
        self.assertIs(self.shard(result, "gaid")["restarted"], True)
        self.assertIs(self.shard(result, "idfa")["restarted"], False)
        self.assertRegex(result.err, r"W shard gaid \(.*\): it was "
                                        r"flushed")
        self.assertIn("records lost", result.out)
        self.assert_lost(result, "gaid")

    def test_a_restarted_server_is_told(self):
        servers = dict(self.servers, adid=self.server("again", tcp=True))
        running, rest = self.half_way(servers)
        servers["adid"].stop()
        servers["adid"].start()
        running.feed(rest, last=True)
        result = self.check(running, 1)
        self.assertIs(self.shard(result, "adid")["restarted"], True)
        self.assertRegex(result.err, r"W shard adid .*restarted")
        self.assert_lost(result, "adid")

    def test_a_server_that_died_last_is_told(self):
        """All was acknowledged; then it went, before the load was over."""
        servers = dict(self.servers, adid=self.server("last", tcp=True))
        running, rest = self.half_way(servers, "--max-outage", "1")
        want = sum(line.startswith(b"adid") for line in self.lines)
        running.feed(rest, last=False)
        self.wait_while(
            running,
            lambda: servers["adid"].counter("cmd_set") > want // 2 + 100,
            "most of it has arrived")
        running.feed(b"\n" * 70_000, last=False)
        self.wait_while(
            running, lambda: servers["adid"].sets_after(0) >= want,
            "all of it has arrived")
        servers["adid"].stop()
        running.feed(b"", last=True)
        result = self.check(running, 1)
        self.assertIsNone(self.shard(result, "adid")["restarted"])
        self.assert_lost(result, "adid")
        self.assertRegex(result.err, r"E shard adid .*does not answer any more")

    def test_one_given_up_takes_what_it_held(self):
        """Its rejects have what was not stored, but not what was."""
        servers = dict(self.servers, adid=self.server("gone", tcp=True))
        running, rest = self.half_way(servers, "--max-outage", "1",
                                      "--rejects", str(self.dir))
        want = sum(line.startswith(b"adid") for line in self.lines)
        servers["adid"].stop()
        running.feed(rest, last=True)
        result = self.check(running, 1)
        adid = self.shard(result, "adid")
        self.assertEqual(adid["failed"], want, result)
        self.assertGreater(adid["lost"], 0, result)
        rejects = (self.dir / "stdin.rejects.tsv").read_bytes()
        n_kept = rejects.count(b"\n")
        self.assertEqual(n_kept + adid["lost"], want, result)
        self.assert_file(result, "-", "failed", "outage")
        self.assertIn(f"{n_kept:,} records failed; feed it in again when the "
                      f"server is back; {adid['lost']:,} records stored before "
                      "were lost\n", result.out)
        self.assertIn(f"not in there: {adid['lost']:,} records lost after "
                      "being stored; feed it in again\n", result.out)

    def test_one_that_held_nothing_is_not_waited_for(self):
        servers = dict(self.servers, adid=self.server("unused", tcp=True))
        self.lines = [line for line in self.lines
                      if not line.startswith(b"adid")]
        running, rest = self.half_way(
            servers, "--max-outage", "600", begun=("idfa", "gaid", "dvid"))
        servers["adid"].stop()
        running.feed(rest, last=True)
        result = self.check(running, 0)
        expected = records.read(b"".join(self.lines))
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), {
            name: self.servers[name] for name in ("idfa", "gaid", "dvid")},
            result)

    def test_evictions_are_told(self):
        small = self.server("small", args=["-m", "2", "-o", "slab_reassign"])
        text = b"".join(b"idfa\t%d\t1\t2\t%s\n" % (i, b"1," * 900 + b"1")
                        for i in range(6000))
        path = self.write("a.tsv.gz", text)
        result = self.load(files=[path],
                           servers=dict(self.servers, idfa=small))
        want = records.read(text).stored()["idfa"]
        got = small.items(want)
        evictions = self.shard(result, "idfa")["evictions"]
        self.assertEqual(len(got), 6000 - evictions, result)
        self.assertLessEqual(got.items(), want.items())
        self.assertGreater(evictions, 0)
        self.assertEqual(evictions, small.counter("evictions"))
        self.assertRegex(result.err, rf"W shard idfa .*: it evicted "
                                        rf"{evictions:,} items")

    def test_a_dry_run_knows_of_no_losses(self):
        path = self.write("a.tsv.gz", b"".join(self.lines[:10]))
        result = self.load("--dry", files=[path])
        for shard in result.summary["shards"]:
            self.assertIsNone(shard["restarted"])
            self.assertIsNone(shard["evictions"])


if __name__ == "__main__":
    memc.main()
