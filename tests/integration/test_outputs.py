#!/usr/bin/python3
"""The summary and the log as files of their own: when there is no place for
them, and what was there before."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from memc import NOBODY, can_be_nobody  # noqa: E402
from records import generate, line  # noqa: E402

FULL = unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
BAD = line(ident="bad", lat="x")


class Summaries(memc.LoadTest):
    """--summary as a file of its own."""

    shards = records.TYPES

    def test_it_is_written_whole_or_not_at_all(self):
        path = self.write("a.tsv.gz", line())
        out = self.dir / "out.json"
        out.write_text("{}" + "x" * 100_000)
        self.load("--summary", out, summary=False, files=[path])
        self.assertEqual(json.loads(out.read_text())["exit_code"], 0)
        more = [name for name in os.listdir(self.dir) if "out.json" in name]
        self.assertEqual(more, ["out.json"])

    def test_no_place_for_it(self):
        path = self.write("a.tsv.gz", line())
        it = self.fake()
        result = self.load("--summary", self.dir / "no" / "such" / "out.json",
                           summary=False, files=[path], code=3,
                           servers={"idfa": it})
        self.assertRegex(result.err, r"no/such/out\.json: No such file or "
                         r"directory\b.*--summary")
        self.assert_kept(path)
        self.assertEqual((it.n_connections, result.out), (0, ""))

    def test_a_directory_in_its_place(self):
        path = self.write("a.tsv.gz", line())
        result = self.load("--summary", self.dir, summary=False, files=[path],
                           code=3)
        self.assertIn(f"{self.dir}: Is a directory", result.err)
        self.assert_kept(path)

    def test_no_permission_for_it(self):
        if not can_be_nobody():
            self.skipTest("needs root, and a program that nobody may run")
        path = self.write("a.tsv.gz", line())
        (self.dir / "root").mkdir(mode=0o755)
        old = self.dir / "root" / "out.json"
        old.write_text("{}")
        for name in ("out.json", "new.json"):
            result = self.load("--summary", old.with_name(name), user=NOBODY,
                               summary=False, files=[path], code=3)
            self.assertIn(f"{name}: Permission denied", result.err)
        self.assert_kept(path)
        self.assertEqual(old.read_text(), "{}")
        self.assertEqual(os.listdir(old.parent), ["out.json"])

    def test_its_place_goes_away_meanwhile(self):
        path = self.write("a.tsv.gz", line(ident="1") + line(ident="2"))
        it = self.fake()
        it.hold_after(1)
        (self.dir / "out").mkdir()
        running = self.start("--summary", self.dir / "out" / "a.json",
                             files=[path], servers={"idfa": it},
                             summary=False)
        it.wait_held()
        (self.dir / "out").rmdir()
        it.release()
        result = self.check(running, code=3)
        self.assertIn("a.json: No such file or directory", result.err)
        self.assertIn("2 records stored", result.out)

    def test_a_full_disk_for_the_summary(self):
        """An old one stays as it was, whole. Of what is written here only a
        summary is so long: the files' paths are."""
        deep = self.dir.joinpath(*["d" * 250] * 12)
        deep.mkdir(parents=True)
        texts = {deep / f"{at}.tsv.gz": generate(9, at) for at in range(12)}
        expected = records.read(b"".join(texts.values()))
        out = self.dir / "out.json"
        for old in (b'{"exit_code": 0}' + b" " * 100_000, None):
            with self.subTest("over an old one" if old else "a new one"):
                self.flush_all()
                if old:
                    out.write_bytes(old)
                else:
                    out.unlink()
                for path, text in texts.items():
                    self.write(path, text)
                result = self.load("-q", "--summary", out, summary=False,
                                   files=texts, code=3,
                                   command=memc.limited(60_000))
                self.assertEqual(result.log(), [
                    ("E", f"the summary: cannot write {out}: File too large")])
                self.assertEqual(out.read_bytes() if out.exists() else None,
                                 old)
                for path in texts:
                    self.assert_renamed(path, result)
                self.assertEqual([name for name in os.listdir(self.dir)
                                  if "out.json" in name],
                                 ["out.json"] * bool(old))
                self.assert_holds(expected.stored(), note=result)

    @FULL
    def test_standard_output_without_room(self):
        path = self.write("a.tsv.gz", line())
        result = self.load("--summary", "-", summary=False, files=[path],
                           code=3, command=["sh", "-c",
                                            'exec "$@" >/dev/full', "sh"])
        self.assertRegex(result.err, r"(?m)^\[.*\] E .*standard output: "
                         "No space left on device$")
        self.assert_renamed(path, result)
        self.assert_holds(records.read(line()).stored(), note=result)


class Logs(memc.LoadTest):
    """--log as a file of its own."""

    shards = records.TYPES

    def test_no_place_for_the_log(self):
        path = self.write("a.tsv.gz", line())
        result = self.load("--log", self.dir / "no" / "log", files=[path],
                           code=3)
        self.assertRegex(result.err, r"no/log: No such file or directory\b"
                         r".*--log")
        self.assert_kept(path)

    @FULL
    def test_a_full_disk_for_the_log(self):
        """All is loaded; that the log is not all there is told, once, by the
        one place where it can be, whoever could not write."""
        text = generate(200, 1) + BAD
        expected = records.read(text)
        for args in (("--threads", "0"), ("--mode", "set", "-v"),
                     ("-q",)):  # with -q but for workers nobody logs
            with self.subTest(args):
                self.flush_all()
                path = self.write("a.tsv.gz", text)
                result = self.load("--log", "/dev/full", "--progress", "never",
                                   *args, files=[path], code=3)
                self.assertEqual(
                    result.err, "memc_load: cannot write the log /dev/full: "
                    "No space left on device: lines of it are missing; make "
                    "room there, or give --log another file\n")
                self.assert_counts(result, expected)
                self.assert_file(result, "a.tsv.gz", "done")
                self.assert_renamed(path, result)
                self.assert_holds(expected.stored(), note=result)

    @FULL
    def test_a_full_disk_for_why_nothing_was_loaded(self):
        path = self.write("a.tsv.gz", line())
        for args, files, code, what in (
                (("--idfa", f"unix:{self.dir}/nobody"), [path], 3,
                 "nothing was loaded, no file was touched"),
                (("--pattern", self.dir / "none*"), [], 2,
                 "nothing was loaded, no file was touched"),
                (("verify", "--idfa", f"unix:{self.dir}/nobody"), [path], 3,
                 "nothing was verified"),
                (("verify", "--margin", "1e-9"), [path], 2,
                 "nothing was verified"),
                (("doctor", "-q", "--idfa", f"unix:{self.dir}/nobody"),
                 [path], 3, "lines of it are missing")):
            with self.subTest(args):
                result = self.start(*args, "--log", "/dev/full", files=files,
                                    summary=False).finish()
                self.assertEqual(result.code, code, result)
                self.assertEqual(
                    result.err, "memc_load: cannot write the log /dev/full: "
                    f"No space left on device: {what}; make room there, or "
                    "give --log another file\n")
        self.assert_kept(path)

    def test_data_is_not_written_over(self):
        """"--summary a.tsv.gz": the name of the summary was forgotten."""
        path = self.write("a.tsv.gz", line())
        before = path.read_bytes()
        for option in ("--summary", "--log"):
            result = self.load(option, path, summary=False, code=2)
            self.assertEqual(
                result.err.splitlines()[0],
                f"memc_load: {option}: {path} is a gzip file: name another "
                "one, it would be spoilt")
            self.assertEqual(path.read_bytes(), before)
        path.write_bytes(b"\x28\xb5\x2f\xfd\0\x40\1\0\0")
        result = self.load("--log", path, summary=False, code=2)
        self.assertIn(f"--log: {path} is a zstd file: name ", result.err)

    def test_who_looks_elsewhere_is_told_that_nothing_happened(self):
        log = self.dir / "log"
        path = self.write("a.tsv.gz", line())
        for args, files, code in (
                (("--summary", self.dir), [path], 3),
                (("--pattern", self.dir / "none*"), [], 2),
                (("--idfa", f"unix:{self.dir}/nobody"), [path], 3)):
            with self.subTest(args):
                result = self.load("-q", "--log", log, *args, files=files,
                                   summary=False, code=code)
                self.assertEqual(result.err, "memc_load: nothing was loaded; "
                                 f"the log {log} says why\n")
        self.assert_kept(path)
        result = self.load("-q", "--log", log, files=[path])
        self.assertEqual(result.err, "")


if __name__ == "__main__":
    memc.main()
