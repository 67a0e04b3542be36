#!/usr/bin/python3
"""What a load will need, forecast from a sample, against what real servers
have: warnings, --require-capacity, and how good the forecast is."""

import os
import pathlib
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402
from records import generate, line  # noqa: E402

MIB = 1 << 20


# 11 MiB of pages in three slab classes
TEXT = b"".join(line(ident=f"{i}", apps="7," * (1310 + i % 600) + "7")
                for i in range(2500))
EXPECTED = records.read(TEXT)


class Capacity(memc.LoadTest):
    """Each test has a server of its own for idfa; the rest is spare."""

    def setUp(self):
        super().setUp()
        self.path = self.write("a.tsv.gz", TEXT)

    def small(self, *args, megabytes=2, tcp=None):
        it = servers.Memcached(None if tcp else f"{self.dir}/small", args,
                               megabytes).start()
        self.addCleanup(it.stop)
        return it

    def warnings(self, result):
        return [text for _, text in result.log("W")
                if text.startswith("shard ")]

    def assert_all(self, result, server, expected=EXPECTED):
        """All is stored, and there."""
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), {"idfa": server}, result)

    def assert_but(self, result, server, gone):
        """As many items are gone, the others are there."""
        want = EXPECTED.stored()["idfa"]
        got = server.items(want)
        self.assertEqual(len(got), len(want) - gone, result)
        self.assertLessEqual(got.items(), want.items())

    def refused(self, server, said, *args, level="E"):
        """--require-capacity: told why, nothing stored, no file touched."""
        before = self.path.stat()
        result = self.load("--require-capacity", *args, files=[self.path],
                           servers={"idfa": server}, code=3)
        told = [text for _, text in result.log(level)]
        self.assertRegex("\n".join(told), said)
        self.assertIn("nothing was loaded, no file was touched", result.err)
        self.assert_file(result, "a.tsv.gz", "skipped", "no_capacity")
        self.assert_kept(self.path)
        self.assertEqual(self.path.stat().st_mtime_ns, before.st_mtime_ns)
        self.assertEqual(server.counter("cmd_set"), 0)


class Memory(Capacity):
    # wholly read in the second it is given, but by the slowest builds
    IS_SAMPLED = memc.MODE in ("tsan", "valgrind")
    SAID = (r"shard idfa \(.*\): about "
            + (r"2,\d\d\d items need 1\d\.\d" if IS_SAMPLED
               else r"2,500 items need 11\.0")
            + r" MiB of memory, but it has 2\.0 MiB: it will {} some \d\d % of "
            r"them; start memcached with -m 64")

    def test_too_little_is_warned_of(self):
        small = self.small()
        result = self.load(files=[self.path], servers={"idfa": small})
        told = self.warnings(result)
        self.assertRegex(told[0], self.SAID.format("evict"))
        evictions = result.shard("idfa")["evictions"]
        self.assertGreater(evictions, 0)
        self.assert_counts(result, EXPECTED)
        self.assert_but(result, small, evictions)
        self.assert_renamed(self.path)

    def test_too_little_is_refused(self):
        self.refused(self.small(), self.SAID.format("evict"))

    def test_a_server_that_may_not_evict(self):
        small = self.small("-M")
        self.refused(small, self.SAID.format("refuse"))
        result = self.load("--retries", "0", files=[self.path],
                           servers={"idfa": small}, code=1)
        self.assertRegex(self.warnings(result)[0],
                         self.SAID.format("refuse"))
        failed = result.totals["failed"]
        self.assertGreater(failed, 0)
        self.assertEqual(result.totals["stored"], 2500 - failed, result)
        self.assert_but(result, small, failed)
        self.assert_kept(self.path, result)

    def test_enough_is_not_warned_of(self):
        for args in ((), ("-M",)):
            with self.subTest(args):
                path = self.write("a.tsv.gz", TEXT)
                small = self.small(*args, megabytes=12)
                result = self.load("--require-capacity", files=[path],
                                   servers={"idfa": small})
                self.assertEqual(result.log("W"), [], result)
                self.assert_all(result, small)

    def test_loading_the_same_every_night_is_not_warned_of(self):
        """It takes most of the memory, and all of it is there already."""
        small = self.small("-M", megabytes=12)
        for _ in range(3):
            path = self.write("a.tsv.gz", TEXT)
            result = self.load("--require-capacity", files=[path],
                               servers={"idfa": small})
            self.assertEqual(result.log("W"), [], result)
            self.assert_all(result, small)
        path = self.write("a.tsv.gz", TEXT)
        result = self.doctor(files=[path], servers={"idfa": small})
        self.assertRegex(
            result.out, r"note: shard idfa .*: 2,500 items take .* fits when "
            r"it replaces them, as loading the same keys again does; else it "
            r"will refuse items")

    def test_a_dry_run_forecasts_nothing(self):
        result = self.load("--dry", "--require-capacity", files=[self.path],
                           servers={"idfa": "127.0.0.1:9"})
        self.assertEqual(result.log("W"), [])

    def test_standard_input_cannot_be_sampled(self):
        small = self.small()
        result = self.load("--require-capacity", files=["-"], stdin=TEXT,
                           servers={"idfa": small})
        self.assertNotIn("items need", result.err)
        self.assert_counts(result, EXPECTED)
        self.assert_but(result, small, result.shard("idfa")["evictions"])


class Others(Capacity):
    def test_items_that_are_too_large(self):
        small = self.small("-o", "slab_chunk_max=16384", "-I", "16k",
                           megabytes=64)
        text = line(apps="300," * 9000) + TEXT
        self.path = self.write("a.tsv.gz", text)
        said = (r"shard idfa \(.*\): an item of 27,0\d\d bytes was seen, but "
                r"it takes 16,384 at most: what is larger will be rejected "
                r"\(too_large\), 1 of the [\d,]+ lines looked at; start "
                r"memcached with -I 1m")
        self.refused(small, said)
        result = self.load(files=[self.path], servers={"idfa": small})
        self.assertRegex(self.warnings(result)[0], said)
        self.assert_all(result, small, records.read(text, item_max=16384))

    def test_too_few_connections(self):
        small = self.small("-t", "1", "-c", "32", megabytes=64, tcp=True)
        said = (r"shard idfa \(.*\): the load opens 20 connections, but of its "
                r"32 only 19 are free; lower --processes or --connections, or "
                r"start memcached with a larger -c")
        self.refused(small, said, "--connections", "20")
        # its own count of what is free never promises too much
        result = self.load("--require-capacity", "--connections", "19",
                           files=[self.path], servers={"idfa": small})
        self.assertEqual(result.log("W"), [], result)
        self.assertEqual(result.shard("idfa")["reconnects"], 0)
        self.assertEqual(small.counter("rejected_connections"), 0)
        self.assert_all(result, small)

    def test_an_old_server(self):
        old = self.fake(version="1.4.15", has_meta=False)
        result = self.load("--require-capacity", files=[self.path],
                           servers={"idfa": old})
        self.assertRegex(self.warnings(result)[0], "no meta commands")
        self.assertEqual(len(result.log("W")), 1, result)
        self.assert_counts(result, EXPECTED)
        self.assertEqual(old.items, EXPECTED.stored()["idfa"])
        result = self.doctor("--no-rename", self.dir / ".a.tsv.gz",
                             servers={"idfa": old})
        self.assertRegex(result.out, r"idfa +127\.\S+ +1\.4\.15, no meta ")

    def test_a_broken_file_does_not_stop_the_others(self):
        bad = self.write("b.tsv.gz", b"\0" * 100, is_gzip=False)
        small = self.small(megabytes=64)
        result = self.load("--require-capacity", files=[self.path, bad],
                           servers={"idfa": small}, code=1)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_all(result, small)
        self.assert_file(result, "b.tsv.gz", "failed", "not_gzip")


class Accuracy(memc.LoadTest):
    shards = records.TYPES

    def slabs(self, name):
        """{chunk size: used chunks}, and bytes of pages."""
        said = self.servers[name].stats("slabs")
        used = {int(said[f"{key.split(':')[0]}:chunk_size"]): int(value)
                for key, value in said.items() if key.endswith("used_chunks")}
        return ({size: n for size, n in used.items() if n},
                int(said["total_malloced"]))

    def forecast(self, files):
        result = self.doctor(files=files)
        return ({row["shards"][0]: row for row in result.summary["servers"]},
                result)

    def test_a_file_that_is_read_whole(self):
        """Nothing is estimated then: the very chunks and pages."""
        text = generate(3000, 1, apps=(0, 200)) + b"x\n" + b"".join(
            line(ident=f"large{i}", apps=",".join(["7"] * 40000 * i))
            for i in range(1, 12))
        path = self.write("a.tsv.gz", text)
        for name in ("idfa", "gaid", "adid", "dvid"):
            self.servers[name].stop()
            self.servers[name].start()
        servers, result = self.forecast([path])
        self.assertTrue(result.summary["forecast"]["exact"])
        self.assertEqual(result.summary["forecast"]["lines"], 3012)
        self.assertEqual(result.summary["forecast"]["rejects"]["columns"], 1)
        self.load("--max-error-rate", "1", files=[path])
        for name, row in servers.items():
            self.assertEqual(row["items"],
                             self.servers[name].counter("curr_items"))
            used, pages = self.slabs(name)
            self.assertEqual({c["chunk_bytes"]: c["chunks"]
                              for c in row["classes"]}, used)
            self.assertEqual(row["needed_bytes"], pages)

    def make(self, *args):
        subprocess.run([memc.SUPPORT / "gen", "--level", "1", *args],
                       check=True, timeout=memc.DEADLINE_S)
        return sorted(pathlib.Path(args[-1]).glob("2*.tsv*"))

    def about(self, got, want, share, more=0):
        self.assertLess(abs(got - want), want * share + more,
                        f"{got}, not about {want}")

    def check_about(self, files, n_lines):
        for server in self.servers.values():
            server.stop()
            server.start()
        servers, result = self.forecast(files)
        self.about(result.summary["forecast"]["lines"], n_lines, 0.03)
        self.assertFalse(result.summary["forecast"]["exact"])
        self.load("--no-rename", files=files)
        for name, row in servers.items():
            self.about(row["items"], self.servers[name].counter("curr_items"),
                       0.06)
            self.about(row["needed_bytes"], self.slabs(name)[1], 0.05, 3 * MIB)

    def test_a_sample_of_large_files(self):
        n = memc.scale(60_000, 20_000)
        files = self.make("--files", "3", "--lines", str(n), "--out",
                          self.dir)
        self.check_about(files, 3 * n)

    def test_a_sample_of_plain_text(self):
        n = memc.scale(60_000, 40_000)
        self.check_about(self.make("--files", "1", "--lines", str(n),
                                   "--plain", "--out", self.dir), n)

    def test_a_sample_of_many_files(self):
        """More than are looked at, of three sizes."""
        files = []
        for i in (1, 2, 3):
            (self.dir / str(i)).mkdir()
            files += self.make("--files", "40", "--lines", str(i * 400),
                               "--seed", str(i), "--out", self.dir / str(i))
        self.check_about(files, 40 * (400 + 800 + 1200))


class Suits(Capacity):
    """The command line that doctor would like is good for the load."""

    def test_a_server_started_with_it(self):
        text = line(apps="300," * 500000 + "1") + TEXT
        path = self.write("a.tsv.gz", text)
        small = self.small("-t", "1", "-c", "24", tcp=True)
        options = ["--connections", "30", "--no-rename",
                   "--max-line", "8MiB"]
        result = self.doctor(*options, files=[path], servers={"idfa": small},
                             code=3)
        rows = {tuple(row["shards"]): row
                for row in result.summary["servers"]}
        self.assertEqual(sorted(rows), [("gaid", "adid", "dvid"), ("idfa",)])
        self.assertEqual(
            [(finding["level"], finding["shard"])
             for finding in result.summary["findings"]], [("lack", "idfa")] * 3)
        command = shlex.split(rows["idfa",]["suits"])
        self.assertEqual(command[-2:], ["-p", str(small.port)])
        small.stop()
        small.command = command + ["-U", "0", "-u", "nobody"]
        small.start()
        result = self.doctor(*options, files=[path], servers={"idfa": small})
        self.assertIn("Nothing was found wrong.", result.out)
        result = self.load("--require-capacity", *options, files=[path],
                           servers={"idfa": small})
        self.assertEqual(result.log("W"), [], result)
        self.assertEqual(result.totals["stored"], 2501)
        self.assertEqual(result.shard("idfa")["evictions"], 0)
        self.assertEqual(small.counter("rejected_connections"), 0)


if __name__ == "__main__":
    memc.main()
