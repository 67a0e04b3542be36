#!/usr/bin/python3
"""Reading a sample back: after loads and by `verify`, what it finds when items
are missing, different or cannot be read, and what the sample is drawn from."""

import os
import re
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
import fake
import memc
import records

STATES = ("matched", "missing", "different", "unreadable")
MISMATCH = re.compile(r"^(\S+):(\d+): (missing|different|unreadable): (\S+) ")


def counts(row):
    return {name: row[name] for name in STATES if row[name]}


def mismatches(result):
    """{key: (file, line, state)}, by the log of a run with -v."""
    out = {}
    for _, text in result.log("W"):
        match = MISMATCH.match(text)
        if match:
            assert match[4] not in out, f"{match[4]} is told twice"
            out[match[4]] = (match[1], int(match[2]), match[3])
    return out


class VerifyTest(memc.LoadTest):
    def assert_verified(self, result, population, sampled=None, exact=True,
                        **states):
        """These states; all the others are 0, the rows add up."""
        found = result.summary["verify"]
        self.assertIsNotNone(found, result)
        sampled = population if sampled is None else sampled
        self.assertEqual(found["sampled"], sampled, result)
        self.assertEqual(counts(found), states, result)
        for name in ("sampled",) + STATES:
            self.assertEqual(found[name],
                             sum(row[name] for row in found["shards"]), result)
        self.assertIs(found["population_exact"], exact, result)
        if exact:
            self.assertEqual(found["population"], population, result)
        self.assertAlmostEqual(
            found["estimate"], found["matched"] / sampled if sampled else 1, 9)
        self.assertLessEqual(found["low"], found["estimate"])
        self.assertGreaterEqual(found["high"], found["estimate"])
        return found

    def generated(self, name, n, seed, **more):
        """A file and what it should come to."""
        text = records.generate(memc.scale(n, 200), seed, **more)
        return self.write(name, text), records.read(text)


class AfterALoad(VerifyTest):
    shards = records.TYPES

    def test_every_mode_and_setting(self):
        path, expected = self.generated("a.tsv.gz", 3000, 1)
        n = len(expected.items)
        for mode in memc.MODES:
            for threads in ("0", "2"):
                with self.subTest(mode=mode, threads=threads):
                    result = self.load("--mode", mode, "--threads", threads,
                                       "--verify", "150", "--no-rename",
                                       files=[path])
                    found = self.assert_verified(result, n, 150, exact=False,
                                                 matched=150)
                    # no key occurs twice, so the estimate is right
                    self.assertEqual(found["population"], n)
                    self.assertIn("all 150 sampled match", result.out)
                    self.flush_all()

    def test_all_of_few(self):
        path, expected = self.generated("a.tsv.gz", 400, 2)
        result = self.load("--verify", "1000000", files=[path])
        n = len(expected.items)
        self.assert_verified(result, n, matched=n)
        self.assert_renamed(path)

    def test_exactly_as_many_as_there_are(self):
        path, expected = self.generated("a.tsv.gz", 400, 2)
        n = len(expected.items)
        result = self.load("--verify", str(n), files=[path])
        self.assert_verified(result, n, matched=n)

    def test_nothing_to_read_back(self):
        path = self.write("a.tsv.gz", b"")
        result = self.load("--verify", "10", files=[path])
        self.assert_verified(result, 0)

    def test_standard_input(self):
        text = records.generate(memc.scale(2000, 200), 3)
        result = self.load("--verify", "100", "-", stdin=text)
        self.assert_verified(result, memc.scale(2000, 200), 100, exact=False,
                             matched=100)

    def test_the_last_value_of_a_key_counts(self):
        """A dozen keys, each many times, spread over batches and threads."""
        text = records.generate(memc.scale(4000, 400), 4, keys=40)
        want = sum(map(len, records.read(text).stored().values()))
        path = self.write("a.tsv.gz", text)
        for batch, threads in (("7", "3"), ("100", "2"), ("20000", "0")):
            result = self.load("--batch", batch, "--threads", threads,
                               "--connections", "2", "--no-rename",
                               "--verify", "100000", files=[path])
            self.assert_verified(result, want, matched=want)

    def test_the_population_of_keys_that_repeat(self):
        """An estimate, from how often those of the sample occur."""
        text = records.generate(20000, 4, keys=1000)
        want = sum(map(len, records.read(text).stored().values()))
        path = self.write("a.tsv.gz", text)
        result = self.load("--verify", "1000", "--seed", "1", files=[path])
        found = self.assert_verified(result, want, 1000, exact=False,
                                     matched=1000)
        self.assertAlmostEqual(found["population"] / want, 1, delta=0.05)

    def test_several_files_hold_a_key(self):
        """Whichever came last, its value is one of theirs; a fourth is not."""
        texts = [records.generate(500, 5, keys=100, first=i * 500)
                 for i in range(3)]
        paths = [self.write(f"{i}.tsv.gz", text)
                 for i, text in enumerate(texts)]
        held = records.read(b"".join(texts)).stored()
        want = sum(map(len, held.values()))
        result = self.load("--processes", "3", "--no-rename",
                           "--verify", "100000", files=paths)
        self.assert_verified(result, want, matched=want)
        key = next(iter(held["gaid"]))
        # one that only an earlier line of the files has is not good either
        self.servers["gaid"].put(key, b"another")
        result = self.verify("--verify", "100000", code=6, files=paths)
        self.assert_verified(result, want, matched=want - 1, different=1)
        self.assertEqual(set(mismatches(result)), {key.decode()})

    def test_what_is_not_stored_is_not_looked_for(self):
        lines = records.generate(300, 6).splitlines(keepends=True)
        lines[10:10] = [b"idfa\n", b"nobody\t1\t2\t3\t4\n", b"\n"]
        path = self.write("a.tsv.gz", b"".join(lines))
        result = self.load("--verify", "1000", "--max-error-rate", "1",
                           files=[path])
        self.assert_verified(result, 300, matched=300)

    def test_a_bad_file_beside_a_good_one(self):
        good = self.write("a.tsv.gz", records.generate(300, 7))
        bad = self.dir / "b.tsv.gz"
        bad.write_bytes(records.broken_off(records.generate(100, 8)))
        result = self.load("--verify", "1000", code=1, files=[good, bad])
        stored = result.totals["stored"]
        self.assert_verified(result, stored, matched=stored)
        # that a file failed comes first, whatever the sample says
        self.flush_all()
        result = self.verify("--verify", "1000", code=1, files=[good, bad])
        self.assert_verified(result, stored, missing=stored)

    def test_a_margin_chooses_how_many(self):
        path, expected = self.generated("a.tsv.gz", 3000, 9)
        result = self.load("--margin", "0.05", "--confidence", "0.95",
                           files=[path])
        self.assertIn("--margin 0.05 at --confidence 0.95 takes a sample of "
                      "72 items", result.err)
        found = self.assert_verified(result, len(expected.items), 72,
                                     exact=False, matched=72)
        self.assertEqual(found["margin"], 0.05)
        self.assertGreaterEqual(found["low"], 0.95)

    def test_a_seed_is_chosen_and_told(self):
        path, _ = self.generated("a.tsv.gz", 1000, 9)
        seeds = set()
        for _ in range(3):
            result = self.load("--verify", "10", "--no-rename", files=[path])
            seed = result.summary["verify"]["seed"]
            self.assertIn(f"(--seed {seed})", result.err)
            seeds.add(seed)
        self.assertGreater(len(seeds), 1)

    def test_pools(self):
        pool = [self.server("one"), self.server("two")]
        path, expected = self.generated("a.tsv.gz", 1000, 10, types=("adid",))
        others = {k: v for k, v in self.servers.items() if k != "adid"}
        shard = "adid=" + ",".join(it.address for it in pool)
        n = len(expected.items)
        result = self.load("--shard", shard, "--verify", "5000", files=[path],
                           servers=others)
        found = self.assert_verified(result, n, matched=n)
        self.assertEqual([row["name"] for row in found["shards"]
                          if row["sampled"]], ["adid"])
        held = len(pool[1].keys())
        pool[1].flush()
        result = self.verify("--shard", shard, "--verify", "5000", code=6,
                             files=[path], servers=others)
        self.assert_verified(result, n, matched=n - held, missing=held)


class Later(VerifyTest):
    """memc_load verify --verify N."""

    shards = records.TYPES

    def setUp(self):
        super().setUp()
        self.path, self.expected = self.generated("a.tsv.gz", 1000, 1)
        self.n = len(self.expected.items)
        self.load(files=[self.path])
        self.done = self.path.with_name("." + self.path.name)
        self.assert_renamed(self.path)

    def held(self, name):
        return sorted(self.expected.stored()[name])

    def test_done_files_by_their_old_names(self):
        """And by patterns, and by the names that they have."""
        before = sorted(os.listdir(self.dir))
        for named in ([self.path], [self.done],
                      ["--pattern", self.dir / "*.tsv.gz"],
                      ["--pattern", self.dir / ".a.*", self.path],
                      [self.path, self.done, "--pattern",
                       self.dir / "*.gz"]):
            result = self.verify("--verify", "5000", *named)
            self.assert_verified(result, self.n, matched=self.n)
            self.assertEqual(
                [row["path"] for row in result.summary["files"]],
                [str(self.done)], result)
            self.assertIsNone(result.file()["renamed_to"])
        self.assertEqual([name for name in sorted(os.listdir(self.dir))
                          if "summary" not in name],
                         [name for name in before if "summary" not in name])

    def test_a_file_that_is_there_is_meant(self):
        """Not the one of an earlier night, whose name it has."""
        text = records.generate(100, 2)
        self.path.write_bytes(records.member(text))
        for named in ([self.path], ["--pattern", self.dir / "*.gz"]):
            result = self.verify("--verify", "5000", *named, code=6)
            self.assert_verified(result, 100, missing=100)
        self.assertEqual(result.file()["path"], str(self.path))

    def test_no_file(self):
        result = self.load("verify", "--pattern", self.dir / "*.none", code=2)
        self.assertIn("no file matches", result.err)
        result = self.verify("--verify", "5", self.dir / "none.tsv.gz", code=1)
        self.assert_file(result, "none.tsv.gz", "failed", "unreadable")

    def test_a_standard_input(self):
        text = records.generate(memc.scale(1000, 200), 1)
        result = self.verify("--verify", "50", "-", stdin=text)
        self.assert_verified(result, self.n, 50, exact=False, matched=50)

    def test_missing_and_different(self):
        gone, other = self.held("gaid")[:20], self.held("adid")[:7]
        held = self.servers["gaid"].items(self.held("gaid"))
        self.servers["gaid"].flush()
        for key, value in held.items():
            if key not in gone:
                self.servers["gaid"].put(key, value)
        for key in other:
            value = self.servers["adid"].items([key])[key]
            self.servers["adid"].put(key, value[:-1] + b"\0")
        result = self.verify("--verify", "5000", code=6, files=[self.path])
        found = self.assert_verified(result, self.n, missing=20, different=7,
                                     matched=self.n - 27)
        rows = {row["name"]: counts(row) for row in found["shards"]}
        self.assertEqual(rows["gaid"]["missing"], 20)
        self.assertEqual(rows["adid"]["different"], 7)
        told = mismatches(result)
        self.assertEqual(set(told), {k.decode() for k in gone + other})
        lines = {item.key: item.line for item in self.expected.items}
        for key, (file, line, state) in told.items():
            self.assertEqual(file, ".a.tsv.gz")
            self.assertEqual(line, lines[key.encode()])
            self.assertEqual(state, "missing" if key.encode() in gone
                             else "different")
        self.assertIn("likely cause", result.out)
        self.assertIn("flush", result.out)

    def test_longer_and_shorter_values_are_different(self):
        key = self.held("gaid")[0]
        value = self.servers["gaid"].items([key])[key]
        for other in (value + b"\0", value[:-1], b""):
            self.servers["gaid"].put(key, other)
            result = self.verify("--verify", "5000", code=6, files=[self.path])
            self.assert_verified(result, self.n, different=1,
                                 matched=self.n - 1)

    def test_min_success(self):
        gone = self.held("gaid")[0]
        self.servers["gaid"].put(gone, b"x")
        for bound, code in (("0.5", 0), ("0.9999999", 6), ("1", 6)):
            result = self.verify("--verify", "5000", "--min-success", bound,
                                 code=code, files=[self.path])
            self.assert_verified(result, self.n, different=1,
                                 matched=self.n - 1)

    def test_nothing_to_look_for(self):
        """Of a mistyped shard all lines are rejected: that proves nothing,
        whatever bound is asked for. An empty file is all right."""
        address = self.servers["gaid"].address
        empty = self.write("b.tsv.gz", b"")
        for how in (["--verify", "all"], ["--verify", "100"]):
            for bound in ([], ["--min-success", "0"]):
                result = self.verify(*how, *bound, self.path, code=6,
                                     servers={"mistyped": address})
                found = result.summary["verify"]
                self.assertEqual((found["sampled"], found["low"],
                                  found["success"]), (0, 0, False), result)
                self.assertIn("no line made an item (", result.out)
            result = self.verify(*how, empty)
            self.assertTrue(result.summary["verify"]["success"], result)

    def test_a_frozen_server_is_unreadable(self):
        """Within the timeouts, and the others are read all the same."""
        n = len(self.held("dvid"))
        frozen = self.fake(
            lambda it: fake.hang() if it.verb == "get" else None)
        servers = {**self.servers, "dvid": frozen}
        result = self.verify("--verify", "5000", "--timeout", "300", code=6,
                             files=[self.path], servers=servers)
        found = self.assert_verified(result, self.n, unreadable=n,
                                     matched=self.n - n)
        self.assertEqual(counts(found["shards"][3]), {"unreadable": n})

    def test_a_server_that_is_away(self):
        servers = {**self.servers, "dvid": f"unix:{self.dir}/none"}
        result = self.load("verify", "--verify", "5000", code=3,
                           files=[self.path], servers=servers)
        self.assertIn("nothing was verified", result.err)
        n = len(self.held("dvid"))
        result = self.verify("--verify", "5000", "--degraded", code=6,
                             files=[self.path], servers=servers)
        self.assert_verified(result, self.n, unreadable=n,
                             matched=self.n - n)


class TheSample(VerifyTest):
    """Which keys it is: told by reading them from a server without any."""

    shards = records.TYPES

    def sample(self, *args, files):
        result = self.verify("--verify", "100", *args, code=6, files=files)
        self.assert_verified(result, 0, 100, exact=False, missing=100)
        return mismatches(result)

    def files(self):
        texts = [records.generate(memc.scale(2000, 400), 20 + i)
                 for i in range(3)]
        return [self.write(f"{i}.tsv.gz", text)
                for i, text in enumerate(texts)]

    def test_the_same_whatever_the_settings(self):
        files = self.files()
        want = self.sample("--seed", "7", files=files)
        self.assertEqual(len(want), 100)
        self.assertEqual({place[0] for place in want.values()},
                         {path.name for path in files})
        for settings in (["--processes", "1"], ["--processes", "3"],
                         ["--threads", "0"], ["--threads", "4"],
                         ["--connections", "3"], ["--batch", "7"],
                         ["--batch", "111", "--threads", "3"],
                         ["--inflate", "zlib"]):
            with self.subTest(settings):
                self.assertEqual(
                    self.sample("--seed", "7", *settings, files=files), want)
        reverse = self.sample("--seed", "7", files=files[::-1])
        self.assertEqual(reverse, want)

    def test_another_with_another_seed(self):
        files = self.files()
        a = set(self.sample("--seed", "7", files=files))
        b = set(self.sample("--seed", "8", files=files))
        self.assertLess(len(a & b), 50)

    def test_the_smaller_is_part_of_the_larger(self):
        files = self.files()
        large = self.sample("--seed", "7", files=files)
        result = self.verify("--verify", "10", "--seed", "7", code=6,
                             files=files)
        small = mismatches(result)
        self.assertEqual(len(small), 10)
        self.assertLess(small.items(), large.items())

    def test_a_load_has_the_same(self):
        """In every mode, from servers that forget what they are told."""
        def forget(request):
            return fake.answer(b"END\r\n") if request.verb == "get" else None

        def forgetful():
            return self.fake(forget)

        text = records.generate(memc.scale(2000, 400), 30, types=("idfa",))
        path = self.write("a.tsv.gz", text)
        want = self.sample("--seed", "7", files=[path])
        for mode, threads, batch in (("multi", "2", "100"),
                                     ("noreply", "0", "20000"),
                                     ("set", "3", "333")):
            with self.subTest(mode):
                result = self.load(
                    "-v", "--mode", mode, "--threads", threads, "--batch",
                    batch, "--connections", "2", "--seed", "7", "--no-rename",
                    "--verify", "100", code=6, files=[path],
                    servers={"idfa": forgetful()})
                self.assertEqual(mismatches(result), want)


class Losses(VerifyTest):
    """Servers that lose what they hold during the load; see
    test_restarts.py."""

    shards = ("gaid",)
    looked_for = "100000"

    def assert_found(self, result, population, **states):
        self.assert_verified(result, population, **states)

    def lost(self, *args, code):
        gaid = self.proxy(self.servers["gaid"].address)
        adid = self.server("adid", tcp=True)
        a, first = self.generated("a.tsv.gz", 4000, 2, types=("adid",))
        b, second = self.generated("b.tsv.gz", 4000, 3, types=("gaid",))
        gaid.hold_after(1000)
        running = self.start("--processes", "1", "--verify", self.looked_for,
                             *args, files=[a, b],
                             servers={"gaid": gaid, "adid": adid})
        gaid.wait_held()
        memc.wait_until(lambda: not a.exists(), "a is renamed")
        adid.flush()
        gaid.release()
        return self.check(running, code), len(first.items), len(second.items)

    def test_what_was_loaded_again_is_looked_for(self):
        result, n_a, n_b = self.lost(code=0)
        self.assertEqual(result.shard("adid")["reloaded"], n_a)
        self.assert_found(result, n_a + n_b, matched=n_a + n_b)

    def test_what_was_given_up_is_not(self):
        result, n_a, n_b = self.lost("--on-restart", "fail", code=1)
        self.assertEqual(result.shard("adid")["lost"], n_a)
        self.assert_found(result, n_b, matched=n_b)


class Ends(VerifyTest):
    shards = records.TYPES

    def held_load(self, *args):
        """A load that its server holds up, long before all is read."""
        front = self.proxy(self.servers["idfa"].address)
        path, _ = self.generated("a.tsv.gz", 20000, 1)
        front.hold_after(1000)
        running = self.start("--verify", "100", "--batch", "50", *args,
                             files=[path],
                             servers={**self.servers, "idfa": front})
        front.wait_held()
        return running, front, path

    def test_an_interrupted_load_is_not_verified(self):
        running, front, path = self.held_load()
        self.stop_held(running, signal.SIGINT, front)
        result = self.check(running, 4)
        self.assertIsNone(result.summary["verify"], result)
        self.assertIn("Not verified: it was interrupted", result.out)
        self.assert_kept(path)

    def test_reading_back_can_be_interrupted(self):
        path, _ = self.generated("a.tsv.gz", 300, 1)
        self.load(files=[path])
        frozen = self.fake(
            lambda it: fake.hang() if it.verb == "get" else None)
        running = self.start("verify", "--verify", "1000", "--timeout",
                             "3600000", files=[path],
                             servers={**self.servers, "idfa": frozen})
        memc.wait_until(lambda: frozen.counts["get"], "it reads back")
        running.signal(signal.SIGTERM)
        result = self.check(running, 4)
        self.assertIsNone(result.summary["verify"], result)
        self.assertIn("Not verified: it was interrupted", result.out)

    def test_a_worker_that_dies_leaves_no_sample(self):
        """The others' is read back."""
        good, expected = self.generated("b.tsv.gz", 400, 2)
        running, front, path = self.held_load("--processes", "1", good)
        os.kill(running.workers()[0], signal.SIGKILL)
        front.release()
        result = self.check(running, 1)
        self.assert_file(result, "a.tsv.gz", "failed", "worker")
        self.assertIn("its worker left no sample", result.err)
        self.assert_verified(result, len(expected.items), 100, exact=False,
                             matched=100)
        self.assertEqual(result.summary["verify"]["population"],
                         len(expected.items), result)

    def test_memory_is_that_of_the_sample(self):
        """Not that of the file: 100 keys of 40,000 lines, or of 10."""
        path, _ = self.generated("a.tsv.gz", 40000, 3)
        rss = [self.load("--verify", n, "--no-rename", "--threads", "0",
                         files=[path]).summary["max_rss_bytes"]
               for n in ("10", "100")]
        if memc.MODE == "release":
            self.assertLess(abs(rss[1] - rss[0]), 2 << 20)


if __name__ == "__main__":
    memc.main()
