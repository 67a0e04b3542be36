#!/usr/bin/python3
"""Reading all items back: by `verify`, and after loads with --verify all. What
is counted, exactly and once; what does not count; servers that do not answer;
and how it ends when it cannot go on."""

import os
import signal
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
sys.path.insert(0, __file__.rsplit("/", 1)[0])
import fake
import memc
import records
import test_verify
from test_verify import mismatches


class CensusTest(test_verify.VerifyTest):
    def assert_census(self, result, population, **states):
        found = self.assert_verified(result, population, **states)
        self.assertIs(found["census"], True, result)
        # every key was looked for, so there is nothing to be unsure of
        self.assertEqual(found["low"], found["estimate"], result)
        self.assertEqual(found["high"], found["estimate"], result)
        return found


class AfterALoad(CensusTest):
    """--verify all."""

    shards = records.TYPES

    def test_every_mode_and_setting(self):
        files = [self.generated(f"{i}.tsv.gz", 2000, i) for i in range(3)]
        n = sum(len(expected.items) for _, expected in files)
        for mode in memc.MODES:
            for more in (["--threads", "0", "--batch", "77"],
                         ["--threads", "2", "--connections", "3",
                          "--processes", "2"]):
                with self.subTest(mode=mode, more=more):
                    result = self.load("--mode", mode, *more, "--no-rename",
                                       "--verify", "all",
                                       files=[path for path, _ in files])
                    self.assert_census(result, n, matched=n)
                    self.assertIn("were looked for, and match", result.out)
                    self.flush_all()

    def test_files_are_renamed_before_they_are_read_again(self):
        path, expected = self.generated("a.tsv.gz", 500, 1)
        result = self.load("--verify", "all", files=[path])
        self.assert_census(result, len(expected.items),
                           matched=len(expected.items))
        self.assert_renamed(path)
        # the summary is that of the load
        self.assertEqual(result.summary["mode"], "multi")
        self.assertEqual(result.summary["command"], "load")
        self.assertEqual(result.totals["stored"], len(expected.items))

    def test_standard_input_is_refused(self):
        result = self.load("--verify", "all", "-", stdin=b"", code=2,
                           summary=False)
        self.assertIn("standard input cannot be read twice", result.err)

    def test_what_was_rejected_is_not_looked_for(self):
        lines = records.generate(300, 6).splitlines(keepends=True)
        lines[5] = b"gaid\tbroken\n"
        lines[7] = b"\n"
        lines[90] = records.line("none")
        text = b"".join(lines)
        want = len(records.read(text).items)
        result = self.load("--max-error-rate", "1", "--verify", "all",
                           files=[self.write("a.tsv.gz", text)])
        self.assert_census(result, want, matched=want)

    def test_a_file_that_breaks_off(self):
        """What was stored of it is verified, beside a good one."""
        text = records.generate(400, 7)
        bad = self.dir / "bad.tsv.gz"
        bad.write_bytes(records.broken_off(text))
        good, expected = self.generated("good.tsv.gz", 400, 8)
        result = self.load("--verify", "all", files=[bad, good], code=1)
        self.assert_file(result, "bad.tsv.gz", "failed", "truncated")
        n = 400 + len(expected.items)
        self.assert_census(result, n, matched=n)

    def test_lines_of_a_server_that_is_away_do_not_count(self):
        text = records.generate(memc.scale(3000, 400), 9)
        path = self.write("a.tsv.gz", text)
        expected = records.read(text)
        n = len(expected.items) - expected.count("dvid")
        for mode in memc.MODES:
            result = self.load(
                "--mode", mode, "--degraded", "--verify", "all", code=1,
                files=[path], servers={**self.servers,
                                       "dvid": f"unix:{self.dir}/none"})
            self.assertEqual(result.totals["failed"], expected.count("dvid"))
            self.assert_census(result, n, matched=n)

    def test_lines_that_had_no_room_do_not_count(self):
        """Their server says no; what it took is still there."""
        small = self.server("small", args=("-M", "-I", "512k"),
                            megabytes=2)
        path, _ = self.generated("a.tsv.gz", 20000, 11, types=("idfa",),
                                 apps=(30, 60))
        result = self.load("--retries", "0", "--max-error-rate", "1",
                           "--verify", "all", "--no-rename", files=[path],
                           code=None, servers={"idfa": small})
        stored, failed = result.totals["stored"], result.totals["failed"]
        self.assertGreater(stored, 0, result)
        if memc.scale(1000) == 1000:
            self.assertGreater(failed, 0, result)
        self.assert_census(result, stored, matched=stored)


class Duplicates(CensusTest):
    shards = records.TYPES

    def test_the_last_value_of_a_key_counts(self):
        text = records.generate(memc.scale(4000, 400), 4, keys=40)
        held = records.read(text).stored()
        n = sum(map(len, held.values()))
        path = self.write("a.tsv.gz", text)
        for more in (["--batch", "7", "--threads", "3"],
                     ["--batch", "20000", "--threads", "0"],
                     ["--connections", "3"]):
            result = self.load("--no-rename", "--verify", "all", *more,
                               files=[path])
            self.assert_census(result, n, matched=n)
            self.assertEqual(mismatches(result), {})

    def test_an_earlier_value_is_different(self):
        """It would pass for good where lines are counted as they come."""
        text = records.line("gaid", "k", "1") + records.line("gaid", "k", "2")
        path = self.write("a.tsv.gz", text)
        early, late = (item.value for item in records.read(text).items)
        for value, states in ((early, {"different": 1}), (late, {"matched": 1}),
                              (b"", {"different": 1})):
            self.servers["gaid"].put(b"gaid:k", value)
            result = self.verify(code=None, files=[path])
            self.assert_census(result, 1, **states)
            if "different" in states:
                self.assertEqual(mismatches(result), {
                    "gaid:k": ("a.tsv.gz", 2, "different")})

    def test_several_files_hold_a_key(self):
        """Any of their last values is good, and each key counts once."""
        texts = [records.generate(500, 5, keys=100, first=i * 500)
                 for i in range(3)]
        paths = [self.write(f"{i}.tsv.gz", text)
                 for i, text in enumerate(texts)]
        held = [records.read(text).stored() for text in texts]
        keys = set().union(*(of["gaid"] for of in held))
        n = sum(len(set().union(*(of.get(kind, ()) for of in held)))
                for kind in records.TYPES)
        result = self.load("--processes", "3", "--no-rename", "--verify",
                           "all", files=paths)
        self.assert_census(result, n, matched=n)
        # a value of each file in turn
        for i, key in enumerate(sorted(keys)):
            values = [of["gaid"][key] for of in held if key in of["gaid"]]
            self.servers["gaid"].put(key, values[i % len(values)])
        result = self.verify("--processes", "2", files=paths)
        self.assert_census(result, n, matched=n)
        self.servers["gaid"].put(sorted(keys)[3], b"another")
        result = self.verify(code=6, files=paths)
        self.assert_census(result, n, matched=n - 1, different=1)


class Later(CensusTest):
    """memc_load verify."""

    shards = records.TYPES

    def setUp(self):
        super().setUp()
        self.path, self.expected = self.generated("a.tsv.gz", 3000, 1)
        self.n = len(self.expected.items)
        self.load(files=[self.path])
        self.assert_renamed(self.path)

    def held(self, name):
        return sorted(self.expected.stored()[name])

    def test_all_is_what_verify_does(self):
        before = sorted(os.listdir(self.dir))
        for named in ([self.path], ["--pattern", self.dir / "*.gz"],
                      ["--verify", "all", self.path.with_name(".a.tsv.gz")]):
            result = self.verify(*named)
            self.assert_census(result, self.n, matched=self.n)
            self.assertEqual(result.file()["status"], "done")
        self.assertEqual([n for n in sorted(os.listdir(self.dir))
                          if "summary" not in n],
                         [n for n in before if "summary" not in n])

    def test_standard_input_may_be_read_once(self):
        text = records.generate(memc.scale(3000, 200), 1)
        result = self.verify("-", stdin=text)
        self.assert_census(result, self.n, matched=self.n)

    def test_losses_are_counted_exactly(self):
        gaid, adid = self.held("gaid"), self.held("adid")
        lines = {item.key: item.line for item in self.expected.items}
        for gone, other in ((1, 0), (0, 1), (17, 3), (len(gaid), len(adid))):
            with self.subTest(gone=gone, other=other):
                self.load("--no-rename",
                          files=[self.path.with_name(".a.tsv.gz")])
                for key in gaid[:gone]:
                    self.servers["gaid"].put(key, b"x", exptime=-1)
                for key in adid[:other]:
                    value = self.servers["adid"].items([key])[key]
                    self.servers["adid"].put(key, value[:-1] + b"\0")
                result = self.verify(code=6, files=[self.path])
                states = {"missing": gone, "different": other,
                          "matched": self.n - gone - other}
                found = self.assert_census(
                    result, self.n, **{k: v for k, v in states.items() if v})
                rows = {row["name"]: row for row in found["shards"]}
                self.assertEqual(rows["gaid"]["missing"], gone)
                self.assertEqual(rows["adid"]["different"], other)
                # the first of the file are named
                wrong = sorted(gaid[:gone] + adid[:other], key=lines.get)
                want = {key.decode(): (".a.tsv.gz", lines[key], "missing"
                                       if key in gaid else "different")
                        for key in wrong[:10]}
                self.assertEqual(mismatches(result), want)

    def test_a_frozen_server_is_unreadable(self):
        """Within the timeouts, and the others are read all the same."""
        n = len(self.held("dvid"))
        frozen = self.fake(
            lambda it: fake.hang() if it.verb == "get" else None)
        for threads in ("0", "1"):
            result = self.verify(
                "--timeout", str(memc.patience(200)), "--max-outage", "1",
                "--batch", "300", "--threads", threads, code=6, files=[self.path],
                servers={**self.servers, "dvid": frozen})
            found = self.assert_census(result, self.n, unreadable=n,
                                       matched=self.n - n)
            self.assertEqual(test_verify.counts(found["shards"][3]),
                             {"unreadable": n})
            self.assertIn("given up", result.err)

    def test_a_server_that_is_killed_is_unreadable(self):
        """In the middle, when it has answered for some."""
        doomed = self.server("doomed")
        for key, value in self.expected.stored()["dvid"].items():
            doomed.put(key, value)
        front = self.proxy(doomed.address)
        front.hold_after(300)
        running = self.start(
            "verify", "--timeout", "500", "--max-outage", "1", "--batch",
            "100", "--threads", "0", files=[self.path],
            servers={**self.servers, "dvid": front})
        front.wait_held()
        doomed.stop()
        front.release()
        result = self.check(running, 6)
        found = result.summary["verify"]
        self.assertEqual(found["sampled"], self.n, result)
        self.assertGreater(found["unreadable"], 0, result)
        self.assertEqual(found["missing"] + found["different"], 0, result)

    def test_a_server_that_is_back_in_time(self):
        """Nothing is unreadable that can be read after all."""
        once = []

        def close_first(it):
            if it.verb == "get" and len(once) < 3:
                once.append(it)
                return fake.close()
            return None

        flaky = self.fake(close_first)
        text = records.generate(300, 3, types=("dvid",))
        path = self.write("b.tsv.gz", text)
        servers = {**self.servers, "dvid": flaky}
        result = self.verify("--retry-delay", "1", code=6, files=[path],
                             servers=servers)
        self.assertEqual(len(once), 3)
        # it is a fake that holds nothing: they are missing, not unreadable
        self.assert_census(result, 300, missing=300)
        self.assertEqual(result.shard("dvid")["reconnects"], 3, result)

    @unittest.skipIf(memc.MODE == "valgrind", "which needs one, too")
    def test_without_a_temporary_directory(self):
        """Nothing is begun that could not be ended."""
        result = self.load("verify", code=3, files=[self.path],
                           env={"TMPDIR": f"{self.dir}/none"})
        self.assertIn("TMPDIR", result.err)
        self.assertIn(f"{self.dir}/none", result.err)
        path, _ = self.generated("b.tsv.gz", 100, 2)
        result = self.load("--verify", "all", code=3, files=[path],
                           env={"TMPDIR": f"{self.dir}/none"})
        self.assert_kept(path)


class Losses(test_verify.Losses, CensusTest):
    """Servers that lose what they hold during the load."""

    looked_for = "all"

    def assert_found(self, result, population, **states):
        self.assert_census(result, population, **states)


class Ends(CensusTest):
    shards = records.TYPES

    def held_back(self, *args):
        """A `verify` that one server holds up."""
        path, _ = self.generated("a.tsv.gz", 3000, 1)
        self.load("--no-rename", files=[path])
        frozen = self.fake(
            lambda it: fake.hang() if it.verb == "get" else None)
        running = self.start("verify", "--timeout", "1000", "--max-outage",
                             "3600", *args, files=[path],
                             servers={**self.servers, "idfa": frozen})
        memc.wait_until(lambda: frozen.counts["get"], "it reads back")
        return running, path

    def test_verify_can_be_interrupted(self):
        running, _ = self.held_back()
        running.signal(signal.SIGTERM)
        result = self.check(running, 4)
        self.assertIsNone(result.summary["verify"], result)
        self.assertIn("Not verified: it was interrupted", result.out)

    def test_reading_back_after_a_load_can_be_interrupted(self):
        path, expected = self.generated("a.tsv.gz", 3000, 1)
        frozen = self.fake(
            lambda it: fake.hang() if it.verb == "get" else None)
        running = self.start("--timeout", "1000", "--max-outage", "3600",
                             "--verify", "all", files=[path],
                             servers={**self.servers, "idfa": frozen})
        memc.wait_until(lambda: frozen.counts["get"], "it reads back")
        self.assert_renamed(path)
        running.signal(signal.SIGINT)
        result = self.check(running, 4)
        self.assertIsNone(result.summary["verify"], result)
        self.assertEqual(result.totals["stored"], len(expected.items))
        self.assertEqual(result.file("a.tsv.gz")["status"], "done")

    def test_a_worker_that_dies(self):
        """Its file is failed, the others' items are counted."""
        good, expected = self.generated("b.tsv.gz", 400, 2)
        self.load("--no-rename", files=[good])
        running, _ = self.held_back("--processes", "1", "--max-outage", "1",
                                    good)
        os.kill(running.workers()[0], signal.SIGKILL)
        result = self.check(running, 1)
        n = expected.count("idfa")
        self.assert_census(result, len(expected.items), unreadable=n,
                           matched=len(expected.items) - n)
        self.assert_file(result, "a.tsv.gz", "failed", "worker")
        self.assertIn("its worker died", result.err)
        self.assertFalse(result.summary["verify"]["success"], result)
        self.assertEqual(result.summary["verify"]["files_unread"], 1, result)

    def test_who_reads_back_dies(self):
        """What it did not look for is not proven, though all else is there."""
        for args in (("--verify", "all"), ("--verify", "all", "--min-success",
                                           "0.5")):
            path, expected = self.generated("a.tsv.gz", 3000, 1)
            held = self.fake(
                lambda it: fake.hang() if it.verb == "get" else None)
            running = self.start(*args, "--timeout", "60000", "--max-outage",
                                 "3600", "--processes", "1", files=[path],
                                 servers={**self.servers, "idfa": held})
            memc.wait_until(lambda: held.counts["get"], "it reads back")
            os.kill(running.workers()[0], signal.SIGKILL)
            result = self.check(running, 1)
            self.assertEqual(result.totals["stored"], len(expected.items))
            self.assertFalse(result.summary["verify"]["success"], result)
            self.assertEqual(result.summary["verify"]["files_unread"], 1)
            self.assertIn("Verification failed: of 1 file not all was looked "
                          "for", result.out)
            self.flush_all()

    def test_all_are_read_back(self):
        """A control."""
        path, _ = self.generated("a.tsv.gz", 3000, 1)
        result = self.load("--verify", "all", files=[path])
        self.assertTrue(result.summary["verify"]["success"], result)
        self.assertEqual(result.summary["verify"]["files_unread"], 0)


class Limits(CensusTest):
    """No file may be larger than this (`ulimit -f`), in memory either."""

    shards = records.TYPES

    def check_limited(self, n, *says):
        path, expected = self.generated("a.tsv.gz", 30000, 1)
        result = self.load("--verify", n, files=[path], code=3,
                           command=memc.limited(40_000))
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_renamed(path, result)
        self.assertEqual(result.totals["stored"], len(expected.items))
        self.assertIsNone(result.summary["verify"], result)
        self.assertIn("Not verified: ", result.out)
        self.assertIn("ulimit -f", result.err)
        self.assertNotIn("fault", result.err)

    def test_the_sample(self):
        self.check_limited("20000")

    def test_the_census(self):
        self.check_limited("all")

    def test_small_enough(self):
        path, _ = self.generated("a.tsv.gz", 300, 1)
        self.load("--verify", "100", files=[path],
                  command=memc.limited(100_000))


if __name__ == "__main__":
    memc.main()
