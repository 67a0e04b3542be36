#!/usr/bin/python3
"""What people see of `doctor`: the tables, the findings, the exit status, and
that it changes nothing."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402
from records import generate, line  # noqa: E402

NOWHERE = {kind: "127.0.0.1:9" for kind in records.TYPES}


class Doctor(memc.LoadTest):
    shards = records.TYPES

    def setUp(self):
        super().setUp()
        self.path = self.write("a.tsv.gz", generate(500, 1))

    def test_a_healthy_load(self):
        result = self.doctor(files=[self.path])
        self.assertEqual(result.err, "")
        for name, server in self.servers.items():
            address = re.escape(server.address)
            self.assertRegex(result.out, rf"(?m)^{name} +{address}  1\.\S+ +"
                             r"evicts +\d+ B +1\.0 MiB +1 of \d")
            self.assertRegex(result.out, rf"(?m)^{name} +{address} +\d+ +0 B +"
                             r"\d\.0 MiB +256\.0 MiB$")
            self.assertRegex(result.out, r"(?m)^  memcached -m 256 -c 1024 "
                             rf"-I 1m -s {address[5:]}  # {name}$")
        self.assertRegex(result.out, r"(?m)^lines +500, all of them read$")
        self.assertRegex(result.out, r"(?m)^processes +1 on \d+ cores?, each ")
        self.assertRegex(result.out, r"(?m)^open files +36 of [\d,]+ in each")
        self.assertRegex(result.out, r"(?m)^hash table +up to 512\.0 KiB ")
        self.assertTrue(result.out.endswith("\nNothing was found wrong.\n"))
        # from the forecast's own point of view
        self.assertEqual(
            sum(row["items"] for row in result.summary["servers"]), 500)
        self.assertEqual(result.summary["findings"], [])

    def test_it_changes_nothing(self):
        before = os.stat(self.path)
        self.doctor(files=[self.path])
        after = os.stat(self.path)
        self.assertEqual(
            (before.st_ino, before.st_mtime_ns, before.st_ctime_ns),
            (after.st_ino, after.st_mtime_ns, after.st_ctime_ns))
        self.assertEqual([name for name in os.listdir(self.dir)
                          if not name.startswith(".summary")], ["a.tsv.gz"])
        for server in self.servers.values():
            self.assertEqual(server.counter("cmd_set"), 0)
            self.assertEqual(server.counter("curr_items"), 0)

    def test_what_is_held_is_shown(self):
        self.load("--no-rename", files=[self.path])
        result = self.doctor(files=[self.path])
        for name, row in ((r["shards"][0], r)
                          for r in result.summary["servers"]):
            self.assertEqual(row["items_held"], row["items"])
            self.assertGreater(row["used_bytes"], 100 * row["items"])
            self.assertRegex(result.out, rf"(?m)^{name} .* {row['items']} +"
                             rf"{row['items']} +\d+\.\d KiB ")

    def test_options_are_those_of_load(self):
        config = self.dir / "c.yml"
        config.write_text("load: {processes: 1, connections: 7, ttl: 60}\n")
        result = self.doctor("--config", config, "--mode", "set", "--threads",
                             "2", "-v", "--progress", "always", "--strict",
                             "--no-rename", files=[self.path])
        self.assertIn(" 7 of ", result.out)
        self.assertRegex(result.out, r"(?m)^expiry +after 60 s$")

    def test_a_server_that_does_not_answer(self):
        dead = {**self.servers, "adid": f"127.0.0.1:{servers.free_port()}"}
        result = self.doctor(files=[self.path], servers=dead, code=3)
        self.assertRegex(result.out, r"(?m)^adid +127\.\S+ +no answer ")
        self.assertRegex(result.out, r"(?m)^away: shard adid \(127.*\): .*"
                         r"refused\. Start it$")
        self.assertIn("away: the others answer: --degraded loads their shards "
                      "alone\n", result.out)
        # it can be told how to start it all the same
        self.assertRegex(result.out, r"memcached -m 64 -c 1024 -I 1m "
                         r"-l 127\.0\.0\.1 -p \d+  # adid\n")
        self.assertIn("It is not ready for this load.", result.out)
        row = [r for r in result.summary["servers"] if r["shards"] == ["adid"]]
        self.assertIs(row[0]["answers"], False)
        self.assertIsNone(row[0]["version"])
        self.assertIsNone(row[0]["memory_bytes"])
        result = self.doctor("--degraded", files=[self.path], servers=dead)
        self.assertIn("its records will be failed", result.out)

    def test_no_server_answers(self):
        for args in ((), ("--degraded",)):
            self.doctor(*args, files=[self.path], servers=NOWHERE, code=3)

    def test_several_shards_at_one_address(self):
        """They are one server, and need what they need together."""
        one = self.servers["idfa"]
        result = self.doctor(files=[self.path], servers={
            "idfa": one, "gaid": one, "adid": one,
            "dvid": self.servers["dvid"]})
        self.assertIn("# idfa, gaid, adid\n", result.out)
        rows = {tuple(row["shards"]): row
                for row in result.summary["servers"]}
        self.assertEqual(sorted(rows), [("dvid",), ("idfa", "gaid", "adid")])
        self.assertEqual(rows["idfa", "gaid", "adid"]["connections"], 3)
        expected = records.read(generate(500, 1))
        self.assertEqual(rows["idfa", "gaid", "adid"]["items"],
                         500 - expected.count("dvid"))

    def test_a_pool(self):
        pool = ",".join(self.servers[name].address
                        for name in ("idfa", "gaid"))
        result = self.doctor(files=[self.path], servers={"idfa": pool})
        rows = [row for row in result.summary["servers"]
                if row["shards"] == ["idfa"]]
        expected = records.read(generate(500, 1))
        self.assertEqual(len(rows), 2)
        self.assertEqual(sum(row["items"] for row in rows),
                         expected.count("idfa"))
        self.assertTrue(all(row["items"] for row in rows))


class Files(memc.LoadTest):
    def doctor_dry(self, *args, **more):
        return self.doctor("--dry", *args, servers=NOWHERE, **more)

    def test_dry_asks_no_server(self):
        it = self.fake()
        path = self.write("a.tsv.gz", generate(100, 2))
        result = self.doctor("--dry", files=[path], servers={
            **NOWHERE, "idfa": it})
        self.assertEqual(it.n_connections, 0)
        self.assertIn("not asked", result.out)
        self.assertRegex(result.out, r"memcached -m 64 -c 1024 -I 1m -l "
                         r"127\.0\.0\.1 -p 9  # gaid, adid, dvid\n")

    def test_no_file(self):
        result = self.doctor_dry(files=[], code=2)
        self.assertIn("file: no file matches /data/appsinstalled", result.out)
        self.assertIn("A load would be refused as it stands.", result.out)

    def test_an_unreadable_directory(self):
        """The status of a load: not that of a directory without files."""
        if not memc.can_be_nobody():
            self.skipTest("needs root, and a program that nobody may run")
        (self.dir / "closed").mkdir(mode=0o700)
        result = self.doctor_dry("--pattern", self.dir / "closed" / "*",
                                 files=[], user=memc.NOBODY, code=3)
        self.assertIn("closed: Permission denied", result.out)

    def test_files_that_will_fail(self):
        good = self.write("a.tsv.gz", generate(1000, 3))
        rows = (
            ("b.gz", b"\0", r"b\.gz: not_gzip: .*; check what it is: if it is "
             r"packed in another way, unpack it and pipe the text into "
             r"memc_load -$"),
            ("b.gz", b"", r"b\.gz: not_gzip: .*: it is empty; check where it "
             r"comes from$"),
            ("b.gz", records.member(b"x" * 999)[:20], r"b\.gz: truncated: .*; "
             r"get it anew$"),
            ("b.gz", b"winphone\t1\t2\t3\t4\n" * 9 + line(),
             r"b\.gz: of its first 10 lines 90 % would be rejected, most as "
             r"unknown_type; a file fails at 1 % \(--max-error-rate\): see "
             r"memc_load explain, then mend its lines or raise that$"),
            ("b.gz", b"x\n", r"b\.gz: of its first 1 line 100 % would be "
             r"rejected, .*: see memc_load explain: it may need a mapping "
             r"\(--mapping FILE\)$"),
        )
        for name, raw, said in rows:
            with self.subTest(said):
                path = self.dir / name
                path.write_bytes(raw)
                result = self.doctor_dry(files=[good, path], code=1)
                self.assertRegex(result.out, rf"(?m)^file: \S+/{said}")
                self.assertEqual(
                    [f["level"] for f in result.summary["findings"]], ["file"])
                self.assertIn("some file will fail as it is", result.out)

    def test_files_that_are_none(self):
        fifo = self.dir / "fifo"
        os.mkfifo(fifo)
        for path, said in ((self.dir / "nowhere", "there is no such file"),
                           (self.dir, "it is a directory"),
                           (fifo, "it is a pipe")):
            with self.subTest(said):
                result = self.doctor_dry(files=[path], code=1)
                self.assertIn(f"file: {path}: unreadable: {said}", result.out)

    def test_many_that_fail_are_told_once(self):
        for i in range(9):
            (self.dir / f"{i}.gz").write_bytes(b"\0")
        result = self.doctor_dry("--pattern", self.dir / "*.gz", code=1)
        names = ", ".join(f"{self.dir}/{i}.gz" for i in range(1, 5))
        self.assertRegex(result.out, r"file: \S+/0\.gz: not_gzip: .* \(and 8 "
                         rf"more like it: {names}, \.\.\.\)\n")
        self.assertIn(f"(and 8 more like it: {names}, ...)",
                      result.summary["findings"][0]["text"])

    def test_only_what_fails_alike_is_told_together(self):
        """Of one cause, but for the numbers in it."""
        for name, content in (
                ("a.gz", records.member(b"x" * 999)[:20]), ("b.gz", b""),
                ("c.gz", b"\xfd7zXZ\0" + b"x" * 99), ("d.gz", b""),
                ("e.gz", records.member(b"y" * 999)[:17])):
            (self.dir / name).write_bytes(content)
        result = self.doctor_dry("--pattern", self.dir / "*.gz", code=1)
        at = re.escape(str(self.dir))
        texts = [row["text"] for row in result.summary["findings"]]
        self.assertEqual(len(texts), 3, result)
        self.assertRegex(texts[0], rf"^{at}/a\.gz: truncated: .*; get it anew "
                         rf"\(and 1 more like it: {at}/e\.gz\)$")
        self.assertEqual(
            texts[1], f"{self.dir}/b.gz: not_gzip: neither gzip, zstd "
            "nor text: it is empty; check where it comes from "
            f"(and 1 more like it: {self.dir}/d.gz)")
        self.assertRegex(texts[2], rf"^{at}/c\.gz: not_gzip: .*; check what ")

    def test_no_lines(self):
        """No fault, and yet an export may have come out empty."""
        path = self.write("a.tsv.gz", b"")
        result = self.doctor_dry(files=[path])
        self.assertIn(f"note: {path}: no lines in it; check where it comes "
                      "from\n", result.out)

    def test_standard_input(self):
        result = self.doctor_dry(files=["-"], stdin=generate(10, 1))
        self.assertIn("note: standard input cannot be sampled", result.out)

    def test_rejects_and_blanks(self):
        path = self.write("a.tsv.gz", generate(1000, 4) + b"x\n\n" * 5)
        result = self.doctor_dry(files=[path])
        self.assertRegex(result.out, r"(?m)^rejected +about 5, 0\.5 %, most as "
                         r"columns$")
        self.assertEqual(result.summary["forecast"]["blank"], 5)

    def test_expiry(self):
        path = self.write("a.tsv.gz", generate(10, 5))
        for ttl, said in (("0", "never (--ttl)"), ("2592000", "after "
                          "2,592,000 s"), ("2592001", "after 2,592,001 s, "
                          "sent as a time since 1970: memcached takes more "
                          "than 30 days for one")):
            result = self.doctor_dry("--ttl", ttl, files=[path])
            self.assertRegex(result.out, rf"(?m)^expiry +{re.escape(said)}$")

    def test_names_cannot_move_the_cursor(self):
        path = self.dir / "a\33[2J.gz"
        path.write_bytes(b"\0")
        result = self.doctor_dry(files=[path], code=1)
        self.assertNotIn("\33", result.out)
        self.assertIn(r"a\x1b[2J.gz: not_gzip", result.out)

    def test_names_that_are_no_utf8(self):
        path = os.fsencode(self.dir) + b"/\xff.gz"
        with open(path, "wb") as file:
            file.write(b"\0")
        result = self.doctor_dry(files=[path], code=1)
        self.assertIn("/\u00ff.gz: not_gzip", result.summary["findings"][0]
                      ["text"])


class Places(memc.LoadTest):
    """Where files cannot get their new names, or bad lines be written: doctor
    ends as the load does, which tells it before anything is sent."""

    shards = records.TYPES
    WRITE = "give memc_load write permission there, or "

    def same(self, *args, says, code, level="file", **more):
        """doctor and load: one finding, one warning, one exit status."""
        result = self.doctor(*args, code=code, **more)
        self.assertEqual([(row["level"], row["text"])
                          for row in result.summary["findings"]],
                         [(level, says)], result)
        result = self.load(*args, code=code, **more)
        warnings = result.log("W")
        self.assertEqual([warnings.index(row) for row in warnings
                          if row[1] == says], [0], result)

    def nothing(self, *args, **more):
        result = self.doctor(*args, **more)
        self.assertEqual(result.summary["findings"], [], result)

    def test_a_directory_that_may_not_be_written_to(self):
        if not memc.can_be_nobody():
            self.skipTest("needs root, and a program that nobody may run")
        inner = self.dir / "inner"
        inner.mkdir()
        good = [self.write("inner/a.tsv.gz", line()),
                self.write("inner/b.tsv.gz", line(ident="2"))]
        bad = [self.write("inner/bad.tsv.gz", line() * 999 + b"x\n")]
        inner.chmod(0o755)
        closed = f"{inner}: cannot be written to: Permission denied: "
        keeps = "its files will be loaded, but not renamed"
        line_stops = "the first bad line "
        stops = ("its files have bad lines, which cannot be kept: that stops "
                 "the load; ")
        for args, files, says, code, level in (
                ((), good, f"{closed}{keeps}, and {line_stops}stops the load; "
                 f"{self.WRITE}--no-rename and --rejects DIR", 1, "file"),
                (("--no-rejects",), good,
                 f"{closed}{keeps}; {self.WRITE}--no-rename", 1, "file"),
                (("--rejects", self.dir), bad,
                 f"{closed}{keeps}; {self.WRITE}--no-rename", 1, "file"),
                (("--no-rename",), good,
                 f"{closed}{line_stops}stops the load; "
                 f"{self.WRITE}--rejects DIR or --no-rejects", 0, "warning"),
                ((), bad, f"{closed}{stops}{self.WRITE}--no-rename and "
                 "--rejects DIR", 3, "file"),
                (("--no-rename",), bad, f"{closed}{stops}{self.WRITE}--rejects "
                 "DIR or --no-rejects", 3, "file")):
            with self.subTest(f"{args} {files[0].name}"):
                self.same(*args, says=says, code=code, level=level,
                          files=files, user=memc.NOBODY)
        for args in (("--no-rename", "--no-rejects"), ("--dry", "--no-rejects"),
                     ("--no-rename", "--rejects", self.dir)):
            with self.subTest(args):
                self.nothing(*args, files=bad, user=memc.NOBODY)

    def test_standard_input(self):
        """Its bad lines go into the working directory."""
        if not memc.can_be_nobody():
            self.skipTest("needs root, and a program that nobody may run")
        self.dir.chmod(0o755)
        result = self.doctor(files=["-"], stdin=line(), user=memc.NOBODY,
                             summary=False)
        self.assertIn("\nwarning: .: cannot be written to: Permission denied: "
                      f"the first bad line stops the load; {self.WRITE}"
                      "--rejects DIR or --no-rejects\n", result.out)

    def test_the_new_name_is_taken(self):
        """A feed whose file has the same name every night."""
        says = (": rename: it will be loaded, but not renamed: its name with a "
                "dot in front is there already; remove one of the two, or give "
                "--no-rename")
        path = self.write("dup.tsv", line(), is_gzip=False)
        other = self.write("else.tsv", line(ident="2"), is_gzip=False)
        self.write(".dup.tsv", line(), is_gzip=False)
        self.same(says=f"{path}{says}", code=1, files=[path])
        (self.dir / ".else.tsv").symlink_to("nowhere")
        self.same(says=f"{path}{says} (and 1 more like it: {other})", code=1,
                  files=[path, other])
        for args in (("--no-rename",), ("--dry",)):
            self.nothing(*args, files=[path, other])


class Output(memc.LoadTest):
    def setUp(self):
        super().setUp()
        self.bad = self.dir / "b.gz"
        self.bad.write_bytes(b"\0")

    def test_quiet_logs_only_what_is_wrong(self):
        good = self.write("a.tsv.gz", generate(10, 6))
        result = self.doctor("-q", "--dry", files=[good], servers=NOWHERE)
        self.assertEqual((result.out, result.err), ("", ""))
        result = self.doctor("-q", files=[self.bad], servers=NOWHERE, code=3)
        self.assertEqual(result.out, "")
        self.assertEqual([level for level, _ in result.log()],
                         ["E"] * 5 + ["W"], result)

    def test_summary_to_standard_output(self):
        result = self.doctor("--summary", "-", "--dry", files=[self.bad],
                             servers=NOWHERE, summary=False, code=1)
        self.assertEqual(json.loads(result.out)["exit_code"], 1)
        self.assertIn("some file will fail", result.err)

    def test_outputs_that_cannot_be_written(self):
        for args in (("--summary", "/nowhere/s"), ("--log", "/nowhere/l")):
            self.doctor(*args, "--dry", files=[self.bad], servers=NOWHERE,
                        summary=False, code=3)

    def test_log(self):
        log = self.dir / "log"
        self.doctor("--log", log, "-q", "--dry", files=[self.bad],
                    servers=NOWHERE, code=1)
        self.assertRegex(log.read_text(), r"\] W \S+b\.gz: not_gzip: ")


if __name__ == "__main__":
    memc.main()
