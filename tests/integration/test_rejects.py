#!/usr/bin/python3
"""The rejects files: every line that was not stored is in them, under its
number and reason, and loads again once it is mended or its server is back."""

import fcntl
import grp
import json
import os
import pwd
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from memc import NOBODY, can_be_nobody  # noqa: E402
from records import generate, line  # noqa: E402

ALL_BAD = ("--max-error-rate", "1")
SMALL = ("--batch", "50", "--window", "1KiB")
PATIENT = ("--timeout", str(memc.patience(20_000)))


def row_bytes(row):
    """The line's bytes of a row of the .jsonl."""
    return row["row"].encode("latin-1" if row.get("raw") else "utf-8")


def bad_lines(text, **how):
    """[(number, reason, bytes)] by the model."""
    lines = records.split_lines(text)
    return [(bad.line, bad.reason, lines[bad.line - 1])
            for bad in records.read(text, **how).bad]


class RejectsTest(memc.LoadTest):
    def path(self, name, kind, directory=None):
        return (directory or self.dir) / f"{name}.rejects.{kind}"

    def rows(self, name="a.tsv.gz", kind="jsonl", directory=None):
        """The objects of the .jsonl: each a line, and nothing else."""
        raw = self.path(name, kind, directory).read_bytes()
        self.assertTrue(raw.endswith(b"\n"))
        self.assertNotIn(b"\r", raw)
        return [json.loads(part) for part in raw[:-1].split(b"\n")]

    def text(self, name="a.tsv.gz", kind="tsv", directory=None):
        return self.path(name, kind, directory).read_bytes()

    def found(self, name="a.tsv.gz", **where):
        return [(row["line"], row["reason"], row_bytes(row))
                for row in self.rows(name, **where)]

    def names(self, directory=None):
        """Rejects files and what may be left of them."""
        return sorted(name for name in os.listdir(directory or self.dir)
                      if "rejects" in name)

    def load_bad(self, text, *args, mode="multi", **how):
        """Loads it with all that is bad in it: the counts are the model's,
        the good lines are held."""
        self.flush_all()
        expected = records.read(text, **how)
        result = self.load(*ALL_BAD, "--mode", mode, *args,
                           files=[self.write("a.tsv.gz", text)])
        self.assert_counts(result, expected, mode)
        self.assert_holds(expected.stored(), note=result)
        return result

    def assert_named(self, result, *kinds, name="a.tsv.gz", directory=None):
        """The summary names these files, and no others are there."""
        row = result.file(name)
        for kind in ("jsonl", "tsv"):
            path = row["rejects_" + kind]
            has = any(kind in wanted for wanted in kinds)
            self.assertEqual(path is not None, has, result)
            if has:
                self.assertTrue((self.dir / path).exists(), result)
        self.assertEqual(
            self.names(directory),
            sorted(f"{name}.rejects.{kind}" for kind in kinds), result)


class Rows(RejectsTest):
    """What stands in the files."""

    shards = ("idfa", "gaid")

    # detail, reason, line
    BAD = [
        ("NUL byte", "bad_line", line(ident="nul\0in it")),
        ("longer than --max-line", "bad_line", b"x" * 5000 + b"\n"),
        ("1 column, wanted 5", "columns", b"idfa\n"),
        ("6 columns, wanted 5", "columns", b"idfa\tx\t1\t2\t3\t4\n"),
        ("dev_id", "empty_key", line(ident="")),
        ("key over 250 bytes", "bad_key", line(ident="x" * 246)),
        ("byte 0x20 in the key", "bad_key", line(ident='a "b"\\')),
        ("", "unknown_type", line(kind="ipad", ident="кириллица€")),
        ("lat", "bad_number", line(lat="x\x01\x7f", end="\r\n")),
        ("lon", "bad_number", line(ident=b"\xff\xc3", lon="1,5", end="\r")),
        ("apps", "bad_app", line(apps="1,x")),
    ]

    def mixed(self):
        """Each kind between good lines, and a blank one."""
        text = b" \t\n"
        for at, (_, _, bad) in enumerate(self.BAD):
            text += line(kind="gaid", ident=f"before{at}") + bad
        return text + line(kind="gaid", ident="last")

    def test_every_reason_with_number_and_row(self):
        text = self.mixed()
        how = dict(strict=True, max_line=4096)
        want = bad_lines(text, **how)
        want[1] = (*want[1][:2], b"x" * 4096)
        self.assertEqual([reason for _, reason, _ in want],
                         [reason for _, reason, _ in self.BAD])
        for mode, *args in (("multi", "--threads", "0"),
                            ("multi", "--threads", "3", "--batch", "3"),
                            ("set",), ("noreply",)):
            with self.subTest(mode=mode, args=args):
                result = self.load_bad(text, "--strict", "--max-line", "4KiB",
                                       *args, mode=mode, **how)
                self.assert_named(result, "jsonl", "tsv")
                rows = sorted(self.rows(), key=lambda row: row["line"])
                self.assertEqual(
                    [(r["line"], r["reason"], row_bytes(r)) for r in rows],
                    want)
                self.assertEqual([row["detail"] for row in rows],
                                 [detail for detail, _, _ in self.BAD])
                self.assertEqual([row["line"] for row in rows
                                  if row.get("cut")], [want[1][0]])
                self.assertEqual([row["line"] for row in rows
                                  if row.get("raw")], [want[9][0]])
                # all but the bad_lines
                self.assertEqual(
                    sorted(self.text().split(b"\n")),
                    sorted([row for _, _, row in want[2:]] + [b""]))

    def test_the_order_is_that_of_the_file(self):
        text = b"".join(line(ident=str(n), lat="x" if n % 3 else "1")
                        for n in range(900))
        self.load_bad(text, "--threads", "0")
        self.assertEqual(self.found(), bad_lines(text))
        self.assertEqual(self.text(), b"".join(
            row + b"\n" for _, _, row in bad_lines(text)))

    def test_only_text_of_utf_8_is_not_raw(self):
        idents = [b"\xc3\xa4", b"\xf0\x9f\x98\x80", b"\xef\xbf\xbf",
                  b"\xc3", b"\x80", b"\xc0\x80", b"\xed\xa0\x80",
                  b"\xf4\x90\x80\x80", b"\xfe", b"\xe2\x82"]
        text = b"".join(line(ident=ident, lat="x") for ident in idents)
        text += line()
        self.load_bad(text)
        self.assertEqual(self.found(), bad_lines(text))
        self.assertEqual([row["line"] for row in self.rows()
                          if row.get("raw")], list(range(4, 11)))
        # every byte of a raw row is a character below U+0100
        self.assertNotRegex(self.path("a.tsv.gz", "jsonl").read_bytes()
                            .split(b"\n")[3], rb"[\x80-\xff]")

    def test_a_cut_may_go_through_a_character(self):
        text = b"\xc3\xa4" * 100 + b"\na" + b"\xc3\xa4" * 100 + b"\n" + line()
        self.load_bad(text, "--max-line", "100", max_line=100)
        self.assertEqual(
            [(row["cut"], row.get("raw"), row_bytes(row))
             for row in self.rows()],
            [(True, None, b"\xc3\xa4" * 50),
             (True, True, b"a" + b"\xc3\xa4" * 49 + b"\xc3")])
        self.assertEqual(self.names(), ["a.tsv.gz.rejects.jsonl"])

    def test_the_unfinished_last_line_is_not_to_be_loaded(self):
        text = line() + line(lat="x") + line(ident="cut", apps="1,2,345")[:-2]
        path = self.dir / "a.tsv.gz"
        path.write_bytes(records.broken_off(text))
        result = self.load(files=[path], code=1)
        self.assert_file(result, "a.tsv.gz", "failed", "truncated")
        self.assert_named(result, "jsonl", "tsv")
        expected = records.read(text, cut_off=True)
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)
        self.assertEqual(
            [(row["line"], row["detail"], row.get("cut"))
             for row in self.rows()], [(2, "lat", None), (3, "cut off", True)])
        self.assertEqual(self.text(), line(lat="x"))

    def test_long_lines_are_whole(self):
        """Longer than any buffer on the way, and all bytes of it raw."""
        for fill in (b"\xff", b"a", b"\\"):
            text = line(lat="x", apps=fill * 900_000) + line(lat="y")
            self.load_bad(text + line())
            self.assertTrue(self.found() == bad_lines(text))
            self.assertTrue(self.text() == text)

    def test_many_lines(self):
        """More than a write, by more than one batch."""
        text = generate(memc.scale(20_000, 6000), 5, apps=(1, 9),
                        types=("idfa", "gaid", "gold"))
        want = bad_lines(text)
        self.load_bad(text, "--threads", "2", "--batch", "700")
        # a message with the difference would take a minute
        self.assertTrue(sorted(self.found()) == want)
        self.assertTrue(sorted(self.text().split(b"\n")[:-1])
                        == sorted(row for _, _, row in want))

    def test_dry_runs_write_them_too(self):
        text = self.mixed()
        path = self.write("a.tsv.gz", text)
        for args in ((), ("-v",)):
            result = self.load("--dry", "--max-line", "4KiB", *args,
                               files=[path], code=1)
            self.assert_counts(result, records.read(text, max_line=4096),
                               "dry")
            self.assert_holds({}, note=result)
            self.assert_kept(path)
            self.assert_named(result, "jsonl", "tsv")
            self.assertEqual(len(self.rows()), len(self.BAD) - 1)
            for name in self.names():
                (self.dir / name).unlink()


class Again(RejectsTest):
    """Loading the .tsv."""

    shards = ("idfa",)

    def test_it_loads_as_it_is(self):
        """Each line again what it was: rejected, for the same reason."""
        starts = (b"\xef\xbb\xbf" + line(), b"\x1f\x8b" + line(),
                  b"\xef\xbb\xbf\xef\xbb\xbf" + line(kind="\x1f"),
                  line(ident="\xff \r".encode("latin-1")[:2]))
        for at, start in enumerate(starts):
            # a good line first, since a mark there would be dropped
            text = line() + start + line(lat="x", end="\r\n")
            text += line(ident="nul\0") + line(lon="x", end="\r")
            text += line(ident="a b", end="")
            with self.subTest(at):
                first = self.load_bad(text)
                want = bad_lines(text)
                self.assertEqual(self.found(), want)
                again = self.path("a.tsv.gz", "tsv")
                second = self.load(files=[again], code=1)
                self.assertEqual(second.totals["lines"],
                                 first.totals["rejected"] - 1)
                self.assertEqual(
                    [bad[1:] for bad in self.found(again.name)],
                    [bad[1:] for bad in want if bad[1] != "bad_line"])
                self.assertEqual(self.text(again.name),
                                 again.read_bytes())

    def test_mended_it_completes_the_load(self):
        good = generate(3000, 7, types=("idfa",), apps=(1, 9))
        lines = good.splitlines(keepends=True)
        for at in range(100, 3000, 300):
            columns = lines[at].split(b"\t")
            columns[2] += b" N"
            lines[at] = b"\t".join(columns)
        path = self.write("a.tsv.gz", b"".join(lines))
        result = self.load(files=[path])
        self.assertEqual(result.totals["rejected"], 10)
        self.assert_renamed(path)
        again = self.path("a.tsv.gz", "tsv")
        again.write_bytes(again.read_bytes().replace(b" N", b""))
        result = self.load(files=[again])
        self.assertEqual((result.totals["stored"], result.totals["lines"]),
                         (10, 10))
        self.assert_holds(records.read(good).stored())
        self.assert_renamed(again)
        # nothing is said of what was mended; the reasons stay to be read
        self.assertEqual(self.names(), [".a.tsv.gz.rejects.tsv",
                                        "a.tsv.gz.rejects.jsonl"])

    def test_a_mended_input_removes_them(self):
        text = line() + line(ident="2", lat="x")
        path = self.write("a.tsv.gz", text)
        self.load(files=[path], code=1)
        self.assertEqual(len(self.names()), 2)
        self.write("a.tsv.gz", text.replace(b"x", b"1"))
        result = self.load(files=[path])
        self.assert_named(result)

    def test_patterns_leave_them_alone(self):
        """They would be loaded every night, unless they are asked for."""
        text = line() + line(ident="2", lat="x")
        for name in ("a.tsv", "b.tsv"):
            self.write(name, text, is_gzip=False)
        for _ in range(2):
            result = self.load(*ALL_BAD, "--no-rename", "--pattern",
                               self.dir / "*.tsv", "--pattern",
                               self.dir / "*.jsonl")
            self.assertEqual(result.totals["files"], 2)
        result = self.load("--pattern", self.dir / "*.rejects.tsv", code=1)
        self.assertEqual(result.totals["files"], 2)


class Places(RejectsTest):
    shards = ("idfa",)
    TEXT = line() + line(ident="2", lat="x")

    def test_beside_the_input(self):
        """Its own directory, not the one we are in; a link's, not its
        target's."""
        (self.dir / "in").mkdir()
        path = self.write("in/a.tsv.gz", self.TEXT)
        link = self.dir / "in" / "link"
        target = self.write("target", self.TEXT)
        link.symlink_to(target)
        result = self.load(*ALL_BAD, files=[path, "in/link"])
        self.assertEqual(result.file("a.tsv.gz")["rejects_tsv"],
                         str(path) + ".rejects.tsv")
        self.assertEqual(result.file("link")["rejects_jsonl"],
                         "in/link.rejects.jsonl")
        self.assertEqual(self.names(), [])
        self.assertEqual(len(self.names(self.dir / "in")), 4)
        self.assertRegex(result.out, r"to mend or load again +lines\n")
        self.assertRegex(result.out, r"\nin/link\.rejects\.tsv +1\n")

    def test_in_a_directory_of_their_own(self):
        out = self.dir / "out"
        out.mkdir()
        path = self.write("a.tsv.gz", self.TEXT)
        for where in (out, "out", "out/"):
            self.write("a.tsv.gz", self.TEXT)
            result = self.load(*ALL_BAD, "--rejects", where, files=[path])
            self.assert_named(result, "jsonl", "tsv", directory=out)
            self.assertEqual(self.names(), [])
        self.assertEqual(os.listdir(out), self.names(out))

    def test_none(self):
        old = self.write("a.tsv.gz.rejects.tsv", b"old", is_gzip=False)
        for args in (("--no-rejects",),
                     ("--rejects", self.dir / "nowhere", "--no-rejects")):
            path = self.write("a.tsv.gz", self.TEXT)
            result = self.load(*ALL_BAD, *args, files=[path])
            self.assertEqual(result.totals["rejected"], 1)
            self.assertIsNone(result.file()["rejects_tsv"])
            self.assertEqual(self.names(), [old.name])
            self.assertEqual(old.read_bytes(), b"old")

    def test_by_config(self):
        config = self.write("c.yaml", b"load:\n  no-rejects: true\n",
                            is_gzip=False)
        path = self.write("a.tsv.gz", self.TEXT)
        self.load(*ALL_BAD, "--config", config, files=[path])
        self.assertEqual(self.names(), [])
        self.write("a.tsv.gz", self.TEXT)
        self.load(*ALL_BAD, "--config", config, "--rejects", ".",
                  files=[path])
        self.assertEqual(len(self.names()), 2)

    def test_standard_input(self):
        (self.dir / "out").mkdir()
        for args, where in (((), self.dir),
                            (("--rejects", "out"), self.dir / "out")):
            result = self.load(*ALL_BAD, *args, files=["-"], stdin=self.TEXT)
            self.assertEqual(self.names(where), ["stdin.rejects.jsonl",
                                                 "stdin.rejects.tsv"])
            self.assertEqual(self.found("stdin", directory=where),
                             bad_lines(self.TEXT))
            self.assertTrue(result.file("-")["rejects_tsv"].endswith(
                "stdin.rejects.tsv"))

    def test_a_dot_file_has_names_of_its_own(self):
        path = self.write(".a.tsv.gz", self.TEXT)
        self.load(*ALL_BAD, files=[path])
        self.assertEqual(self.names(), [".a.tsv.gz.rejects.jsonl",
                                        ".a.tsv.gz.rejects.tsv"])

    def test_nobody_else_may_read_what_was_not_theirs_to_read(self):
        path = self.write("a.tsv.gz", self.TEXT)
        path.chmod(0o640)
        old = os.umask(0o022)
        try:
            self.load(*ALL_BAD, files=[path])
        finally:
            os.umask(old)
        for name in self.names():
            self.assertEqual((self.dir / name).stat().st_mode & 0o777, 0o640)

    @unittest.skipUnless(os.geteuid() == 0, "root gives files to others")
    def test_nobody_else_by_another_group(self):
        """A directory that hands its group down; one who loads by a second
        group, whose first is another: the input's readers alone may read."""
        others = grp.getgrnam("users").gr_gid
        nobody = pwd.getpwnam("nobody")
        for mode, keeps, wanted in ((0o640, True, 0o640), (0o640, False, 0o600),
                                    (0o644, False, 0o644),
                                    (0o604, False, 0o600)):
            with self.subTest(mode=oct(mode), keeps=keeps):
                where = self.dir / f"{mode:o}{keeps}"
                where.mkdir()
                os.chown(where, nobody.pw_uid, others)
                where.chmod(0o2775)
                path = self.write(f"{where.name}/a.tsv.gz", self.TEXT)
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
                path.chmod(mode)
                groups = f"--groups={nobody.pw_gid}" if keeps else \
                    "--clear-groups"
                self.load(*ALL_BAD, "--no-rename", files=[path], summary=False,
                          command=["setpriv", f"--reuid={nobody.pw_uid}",
                                   f"--regid={others}", groups])
                names = [path.with_name(f"{path.name}.rejects.{kind}")
                         for kind in ("tsv", "jsonl")]
                for name in names:
                    is_ = name.stat()
                    self.assertEqual(
                        (is_.st_mode & 0o777, is_.st_gid),
                        (wanted, nobody.pw_gid if keeps else others), name)

    def refused(self, *args, code=2, says=(), **more):
        result = self.load(*args, code=code, **more)
        for text in says:
            self.assertIn(text, result.err)
        if result.summary:
            self.assertEqual(result.totals["lines"], 0)
        self.assertEqual(self.servers["idfa"].keys(), set())
        return result

    def test_two_of_one_name(self):
        out = self.dir / "out"
        for name in ("x", "y", "out"):
            (self.dir / name).mkdir()
        paths = [self.write(f"{name}/a.tsv.gz", self.TEXT) for name in "xy"]
        self.refused("--rejects", out, files=paths,
                     says=("x/a.tsv.gz", "y/a.tsv.gz", "--rejects DIR"))
        for path in paths:
            self.assert_kept(path)
        # beside the inputs they do not meet, and with none neither
        self.load(*ALL_BAD, "--no-rename", files=paths)
        self.load(*ALL_BAD, "--rejects", out, "--no-rejects", files=paths)

    def test_standard_input_and_a_file_called_so(self):
        (self.dir / "x").mkdir()
        other = self.write("x/stdin", self.TEXT)
        mine = self.write("stdin", self.TEXT)
        self.refused(files=["-", other, mine], stdin=self.TEXT,
                     says=(str(mine), "- and"))
        self.load(*ALL_BAD, files=["-", other], stdin=self.TEXT)

    def test_what_is_to_be_loaded_is_not_written_over(self):
        path = self.write("a.tsv.gz", self.TEXT)
        again = self.write("a.tsv.gz.rejects.tsv", line(), is_gzip=False)
        self.refused(files=[path, again],
                     says=(str(again), "one after the other"))
        self.assertEqual(again.read_bytes(), line())
        self.assert_kept(again)

    def test_a_directory_that_cannot_be(self):
        path = self.write("a.tsv.gz", self.TEXT)
        for where in (self.dir / "nowhere", "/proc", path, ""):
            with self.subTest(str(where)):
                code = 3 if str(where) else 2
                result = self.refused("--rejects", where, files=[path],
                                      code=code, says=("--rejects",))
                self.assert_kept(path)
                if code == 3:
                    self.assertIn(f"--rejects {where}: ", result.err)
                    self.assertIn("othing was loaded", result.err)

    def test_a_place_that_cannot_be_written_to(self):
        """/proc/PID/fd: there, to root, too, no file can be made."""
        path = self.write("a.tsv.gz", self.TEXT)
        other = self.write("b.tsv.gz", self.TEXT)
        clean = self.write("c.tsv.gz", line())
        with path.open("rb") as bad, clean.open("rb") as good:
            place = f"/proc/{os.getpid()}/fd"
            # nothing to say is no error
            result = self.load("--no-rename",
                               files=[f"{place}/{good.fileno()}"])
            self.assertEqual(result.totals["files_done"], 1)
            name = f"{place}/{bad.fileno()}"
            result = self.load("--no-rename", "--processes", "1", *ALL_BAD,
                               files=[name, other], code=3)
        row = self.assert_file(result, os.path.basename(name), "failed",
                               "rejects")
        self.assertEqual((row["stored"], row["rejected"]), (1, 1))
        self.assertIn(f"cannot write {name}.rejects.jsonl: ", result.err)
        self.assertIn("--no-rejects", result.err)
        self.assertIn("--rejects DIR", result.out)
        self.assert_file(result, "b.tsv.gz", "skipped", "rejects")
        self.assert_kept(other)
        self.assert_holds(records.read(self.TEXT).stored(), note=result)

    def test_a_directory_that_may_not_be_written_to(self):
        """Beside the input that is found out at the first line to write; where
        --rejects says, before anything is sent."""
        if not can_be_nobody():
            self.skipTest("needs root, and a program that nobody may run")
        inner = self.dir / "inner"
        inner.mkdir()
        path = self.write("inner/a.tsv.gz", self.TEXT)
        other = self.write("b.tsv.gz", self.TEXT)
        inner.chmod(0o555)
        self.refused("--rejects", inner, files=[other], user=NOBODY, code=3,
                     says=(f"--rejects {inner}: Permission denied",
                           "othing was loaded"))
        result = self.load("--processes", "1", *ALL_BAD, files=[path, other],
                           user=NOBODY, code=3)
        row = self.assert_file(result, "a.tsv.gz", "failed", "rejects")
        self.assertEqual((row["lines"], row["stored"], row["rejected"]),
                         (2, 1, 1))
        self.assertIn(f"cannot write {path}.rejects.jsonl: Permission denied: "
                      "give memc_load write permission there, or --rejects DIR "
                      "or --no-rejects\n", result.err)
        self.assertIn("all was stopped: give memc_load write permission there, "
                      "or run again with --rejects DIR or --no-rejects.\n",
                      result.out)
        self.assert_file(result, "b.tsv.gz", "skipped", "rejects")
        self.assert_kept(path)
        self.assert_kept(other)
        self.assertEqual(os.listdir(inner), ["a.tsv.gz"])
        self.assert_holds(records.read(self.TEXT).stored(), note=result)


class Failed(RejectsTest):
    """Lines whose server did not take them."""

    shards = ("idfa", "gaid")

    def setUp(self):
        super().setUp()
        self.lines = generate(memc.scale(3000, 600), 21, types=self.shards,
                              apps=(1, 9))
        self.expected = records.read(self.lines)

    def of(self, kind):
        lines = records.split_lines(self.lines)
        return [(item.line, lines[item.line - 1])
                for item in self.expected.items if item.type == kind]

    def complete(self, name, servers, *args):
        """Loads the .tsv into servers that are well."""
        again = self.path(name, "tsv")
        result = self.load("--no-rename", *args, files=[again],
                           servers=servers)
        self.assertEqual(result.totals["failed"], 0)
        self.assert_holds(self.expected.stored(), servers, result)
        return result

    def test_a_server_that_is_not_there(self):
        gone = self.server("gone")
        gone.stop()
        bad = {**self.servers, "gaid": gone}
        for mode in memc.MODES:
            with self.subTest(mode):
                path = self.write("a.tsv.gz", self.lines)
                result = self.load("--degraded", "--mode", mode, "--batch",
                                   "97", files=[path], servers=bad, code=1)
                self.assert_named(result, "jsonl", "tsv")
                self.assertEqual(sorted(self.found()), [
                    (number, "outage", row) for number, row in
                    self.of("gaid")])
                self.assertEqual({row["detail"] for row in self.rows()},
                                 {gone.address})
                self.assertRegex(result.out, r"\S+\.rejects\.tsv +[\d,]+\n")
                gone.start()
                self.complete("a.tsv.gz", bad)
                gone.stop()
                self.flush_all()

    def test_a_server_that_stays_away(self):
        """Given up in the middle: all of it failed, but of what had been
        acknowledged and may be lost no text is left."""
        real = self.server("late")
        it = self.proxy(real.address)
        it.hold_after(len(self.lines) // 8)
        path = self.write("a.tsv.gz", self.lines)
        running = self.start("--max-outage", "0", "-v", *SMALL, files=[path],
                             servers={**self.servers, "gaid": it})
        it.wait_held()
        memc.wait_until(lambda: " batch 1: " in running.said(),
                        "something is acknowledged")
        it.down()
        it.release()
        result = self.check(running, 1)
        lost = result.shard("gaid")["lost"]
        self.assertGreater(lost, 0)
        self.assertEqual({row["reason"] for row in self.rows()}, {"outage"})
        self.assertEqual(len(self.rows()), result.totals["failed"] - lost)
        numbers = [number for number, _ in self.of("gaid")]
        self.assertEqual(sorted(row["line"] for row in self.rows()),
                         numbers[lost:])
        self.complete("a.tsv.gz", {**self.servers, "gaid": real})

    def test_a_full_server(self):
        """Those that it refused, and those it deleted for it; a larger one
        takes the rest."""
        text = generate(2000, 81, types=("idfa",), apps=(800, 1200))
        expected = records.read(text)
        lines = records.split_lines(text)
        for mode in ("multi", "set"):
            with self.subTest(mode):
                full = self.server(f"full{mode}", args=("-M",), megabytes=2)
                path = self.write("a.tsv.gz", text)
                result = self.load("--mode", mode, "--retries", "1",
                                   "--retry-delay", "1", "--batch", "64",
                                   files=[path], servers={"idfa": full},
                                   code=1)
                self.assertGreater(result.totals["stored"], 0)
                found = self.found()
                self.assertEqual(len(found), result.totals["failed"])
                for number, reason, row in found:
                    self.assertEqual((reason, row),
                                     ("out_of_memory", lines[number - 1]))
                held = full.keys()
                self.assertEqual(
                    {number for number, _, _ in found},
                    {item.line for item in expected.items
                     if item.key not in held})
                self.load("--no-rename", files=[self.path("a.tsv.gz", "tsv")],
                          servers={"idfa": self.servers["idfa"]})
                there = {**full.items(held), **self.servers["idfa"].items(
                    {item.key for item in expected.items} - held)}
                self.assertEqual(there, expected.stored()["idfa"])
                self.flush_all()

    def test_what_a_refusal_took_along(self):
        """A refused set deletes the old value: its line failed as well, in
        its own place."""
        text = (line(ident="k", apps="1") + line(ident="a")
                + line(ident="k", apps="2") + line(ident="b", lat="x")
                + line(ident="k", apps="3" * 9))
        lines = records.split_lines(text)
        values = [item.value for item in records.read(text).items
                  if item.key == b"idfa:k"]

        def script(request):
            if request.key == b"idfa:k" and request.value == values[1]:
                return fake.refuse(b"SERVER_ERROR no, never")

        it = self.fake(script)
        for batch in ("20000", "1"):
            path = self.write("a.tsv.gz", text)
            result = self.load(*ALL_BAD, "--retries", "0", "--threads", "0",
                               "--batch", batch, files=[path],
                               servers={"idfa": it})
            found = sorted(self.found())
            if batch == "20000":
                self.assertEqual(found, [
                    (1, "refused", lines[0]), (3, "refused", lines[2]),
                    (4, "bad_number", lines[3])])
            self.assertEqual(len(found), result.totals["failed"]
                             + result.totals["rejected"])
            self.assertEqual(sorted(self.text().split(b"\n")[:-1]),
                             sorted(row for _, _, row in found))

    def test_too_large_for_the_server_is_rejected(self):
        """By its word, which the probe did not give."""
        def script(request):
            if request.key == b"idfa:big":
                return fake.refuse(b"SERVER_ERROR object too large for cache")

        it = self.fake(script)
        text = line(ident="1") + line(ident="big") + line(ident="2")
        path = self.write("a.tsv.gz", text)
        result = self.load(*ALL_BAD, files=[path], servers={"idfa": it})
        self.assertEqual(result.rejects, {"too_large": 1})
        self.assertEqual(self.found(), [(2, "too_large",
                                         line(ident="big", end=""))])
        self.assertEqual(self.rows()[0]["detail"], it.address)

    def test_too_large_by_the_probe(self):
        it = self.fake(item_size_max=300)
        text = line(ident="1") + line(ident="big", apps="1," * 200 + "1")
        self.load(*ALL_BAD, files=[self.write("a.tsv.gz", text)],
                  servers={"idfa": it})
        self.assertEqual([bad[:2] for bad in self.found()],
                         [(2, "too_large")])


class Ends(RejectsTest):
    """Loads that do not come to their end."""

    def setUp(self):
        super().setUp()
        self.it = self.fake()
        n = 3000
        lines = generate(n, 1, types=("idfa",), apps=(1, 9)).splitlines(True)
        lines[5::10] = [row.replace(b"\t", b"\tx ", 1)
                        for row in lines[5::10]]
        self.text_of_it = b"".join(lines)
        self.want = bad_lines(self.text_of_it)
        self.old = [self.write(f"a.tsv.gz.rejects.{kind}", b"old\n",
                               is_gzip=False) for kind in ("jsonl", "tsv")]

    def hold(self, *args):
        """A load that was begun, has written bad lines, and stands still."""
        self.it.items.clear()
        self.it.counts.clear()
        self.it.hold_after(300)
        self.file = self.write("a.tsv.gz", self.text_of_it)
        running = self.start(*SMALL, *ALL_BAD, *args, files=[self.file],
                             servers={"idfa": self.it})
        self.it.wait_held()
        memc.wait_until(
            lambda: (self.dir / ".a.tsv.gz.rejects.tsv.tmp").exists(),
            "rejects are begun under a dot-name")
        return running

    def assert_old(self):
        for path in self.old:
            self.assertEqual(path.read_bytes(), b"old\n")

    def assert_first(self, row, text, held, good="stored"):
        """It counts its first lines, as many as it says, as the model does;
        what is good of them is held, but for a dry run's."""
        lines = text.splitlines(True)[:row["lines"]]
        expected = records.read(b"".join(lines))
        self.assertEqual(
            (row["lines"], row["blank"], row["rejected"], row[good],
             row["failed"]),
            (len(lines), expected.blank, len(expected.bad),
             len(expected.items), 0), row)
        want = {item.key: item.value for item in expected.items}
        self.assertEqual(held, want if good == "stored" else {})

    def finish(self, text=None):
        """Runs again: then all of it is there, and nothing else."""
        text = text or self.text_of_it
        self.it.release()
        self.it.items.clear()
        result = self.load(*ALL_BAD, files=[self.file],
                           servers={"idfa": self.it})
        self.assert_named(result, "jsonl", "tsv")
        self.assertEqual(sorted(self.found()), bad_lines(text))
        self.assert_counts(result, records.read(text))
        self.assertEqual(self.it.items, records.read(text).stored()["idfa"])

    def test_begun_under_a_dot_name(self):
        running = self.hold()
        self.assert_old()
        self.assertEqual(self.names(), [
            ".a.tsv.gz.rejects.jsonl.tmp", ".a.tsv.gz.rejects.tsv.tmp",
            "a.tsv.gz.rejects.jsonl", "a.tsv.gz.rejects.tsv"])
        self.it.release()
        result = self.check(running)
        self.assert_named(result, "jsonl", "tsv")
        self.assertEqual(sorted(self.found()), self.want)
        self.assert_first(result.file(), self.text_of_it, self.it.items)
        self.assertEqual(result.totals["lines"], 3000)

    def test_a_killed_worker_leaves_none(self):
        running = self.hold()
        os.kill(running.workers()[0], signal.SIGKILL)
        result = self.check(running, 1)
        self.assert_file(result, "a.tsv.gz", "failed", "worker")
        row = result.file()
        self.assertIsNone(row["rejects_tsv"])
        # what came home is counted; more may be held
        want = list(records.read(self.text_of_it).stored()["idfa"].items())
        self.assertLessEqual(dict(want[:row["stored"]]).items(),
                             self.it.items.items(), result)
        self.assertEqual(self.names(), [path.name for path in self.old])
        self.assert_old()
        self.finish()

    def test_an_interrupted_load_says_that_it_is_not_all(self):
        for args in (("--threads", "0"), ("--threads", "2")):
            with self.subTest(args):
                running = self.hold(*args)
                self.stop_held(running, signal.SIGINT, self.it)
                result = self.check(running, 4)
                row = self.assert_file(result, "a.tsv.gz", "interrupted")
                self.assertEqual(
                    row["rejects_tsv"],
                    str(self.file) + ".rejects.partial.tsv")
                self.assert_first(row, self.text_of_it, self.it.items)
                found = self.found(kind="partial.jsonl")
                self.assertEqual(len(found), row["rejected"])
                self.assertLess(len(found), len(self.want))
                self.assertEqual(sorted(found), self.want[:len(found)])
                self.assertIn(".rejects.partial.tsv", result.out)
                # an earlier load's are as they were
                self.assert_old()
                self.assertEqual(len(self.names()), 4)
                self.finish()
                for path in self.old:
                    path.write_bytes(b"old\n")

    def test_stopped_at_once(self):
        running = self.hold("--timeout", "60000")
        running.signal(signal.SIGINT)
        memc.wait_until(lambda: "stopping" in running.said(), "it stops")
        running.signal_again(signal.SIGINT)
        self.check(running, 4)
        self.assertEqual(self.names(), [path.name for path in self.old])
        self.assert_old()

    def test_what_a_killed_loader_left_is_taken_over(self):
        for name in ("jsonl", "tsv"):
            (self.dir / f".a.tsv.gz.rejects.{name}.tmp").write_bytes(
                b"x" * 100_000)
        self.file = self.write("a.tsv.gz", self.text_of_it)
        self.finish()
        (self.dir / ".a.tsv.gz.rejects.tsv.tmp").write_bytes(b"x")
        path = self.write("a.tsv.gz", line())
        result = self.load(files=[path], servers={"idfa": self.it})
        self.assert_named(result)

    def test_two_loaders_into_one_place(self):
        """The second says so, and disturbs the first no more than a dry run
        does."""
        running = self.hold()
        work = self.dir / "else"
        work.mkdir()
        other = work / "a.tsv.gz"
        other.write_bytes(self.file.read_bytes())
        result = self.load("--dry", *ALL_BAD, "--rejects", self.dir,
                           files=[other])
        self.assertEqual(sorted(self.found()), self.want)
        it = self.fake()
        result = self.load(*ALL_BAD, "--rejects", self.dir, files=[other],
                           servers={"idfa": it}, code=3)
        self.assertIn("another memc_load is at it", result.err)
        self.assert_kept(other)
        self.it.release()
        result = self.check(running)
        self.assert_counts(result, records.read(self.text_of_it))
        self.assertEqual(sorted(self.found()), self.want)
        self.assertEqual(len(self.names()), 2)

    def long_bad(self):
        """Bad lines of 400 KB in all."""
        return self.text_of_it.replace(b"\tx ", b"\tx " + b"y" * 900)

    def fill(self, text, *args, says="File too large", at=None, **more):
        """A load that finds no room for rejects in mid-file: its Result. The
        worker stops reading; what it had read is counted, all of it."""
        at = at or self.dir
        self.it.items.clear()
        self.file = self.write("a.tsv.gz", text)
        result = self.load(*SMALL, *ALL_BAD, *args, files=[self.file],
                           servers={"idfa": self.it}, code=3, **more)
        row = self.assert_file(result, "a.tsv.gz", "failed", "rejects")
        self.assertLess(row["lines"], len(text.splitlines()), result)
        self.assertGreater(row["stored"] + row["sent"], 0)
        self.assert_first(row, text, self.it.items,
                          "sent" if "--dry" in args else "stored")
        self.assert_kept(self.file)
        self.assertIsNone(row["rejects_jsonl"])
        self.assertIn(f"cannot write {at}/a.tsv.gz.rejects.", result.err)
        self.assertIn(says, result.err)
        self.assertIn("make room there, or run again with --rejects DIR or "
                      "--no-rejects", result.out)
        return result

    def test_a_full_disk(self):
        text = self.long_bad()
        for args in (("--threads", "0"), ("--threads", "2"),
                     ("--mode", "set"), ("--dry",)):
            with self.subTest(args):
                self.fill(text, *args, command=memc.limited(100_000))
                self.assertEqual(self.names(),
                                 [path.name for path in self.old])
                self.assert_old()
        self.finish(text)

    def test_a_disk_without_space(self):
        """A real one, of 64 KiB, that nobody else sees and that is gone when
        the program is; what is left on it is told behind the report."""
        private = ["unshare", "-rm", "sh", "-c"]
        if subprocess.run([*private, "mount -t tmpfs none /mnt"],
                          stderr=subprocess.DEVNULL).returncode:
            self.skipTest("needs the right to mount")
        small = self.dir / "small"
        small.mkdir()
        text = self.long_bad()
        result = self.fill(
            text, "--rejects", small, says="No space left on device",
            at=small, command=[
                *private, 'mount -t tmpfs -o size=64k none "$0" && cd "$0" '
                '&& echo old >a.tsv.gz.rejects.tsv && cd .. || exit 99; '
                '"$@"; code=$?; echo LEFT; ls -A "$0"; cat "$0"/*.tsv; '
                'exit $code', small])
        self.assertEqual(result.out.partition("LEFT\n")[2],
                         "a.tsv.gz.rejects.tsv\nold\n")
        self.assert_old()
        self.finish(text)

    def test_a_disk_that_is_full_at_the_very_end(self):
        """All lines fit one buffer: only its last write fails."""
        text = line() + line(lat="x" * 62_000)
        self.file = self.write("a.tsv.gz", text)
        limited = memc.limited(60_000)
        result = self.load(*ALL_BAD, files=[self.file],
                           servers={"idfa": self.it}, code=3, command=limited)
        row = self.assert_file(result, "a.tsv.gz", "failed", "rejects")
        self.assert_first(row, text, self.it.items)
        self.assertEqual(row["lines"], 2)
        self.assertEqual(self.names(), [path.name for path in self.old])
        self.assert_old()

    def test_a_full_disk_stops_the_other_files(self):
        """One stands still meanwhile, and has read no more than its batches
        when it is stopped."""
        slow = self.fake()
        slow.hold_after(5)
        texts = [self.long_bad(),
                 generate(3000, 2, types=("gaid",), apps=(1, 9)), line()]
        files = [self.write(f"{name}.tsv.gz", text)
                 for name, text in zip("abc", texts)]
        self.it.hold_after(0)
        running = self.start(
            *SMALL, *ALL_BAD, *PATIENT, "--processes", "2", files=files,
            servers={"idfa": self.it, "gaid": slow},
            command=memc.limited(100_000))
        slow.wait_held()
        self.it.release()
        # told when the others were
        memc.wait_until(lambda: "a.tsv.gz: failed" in running.said(),
                        "the first file failed")
        slow.release()
        result = self.check(running, 3)
        row = self.assert_file(result, "a.tsv.gz", "failed", "rejects")
        self.assert_first(row, texts[0], self.it.items)
        row = self.assert_file(result, "b.tsv.gz", "interrupted")
        self.assertLess(row["lines"], 3000)
        self.assert_first(row, texts[1], slow.items)
        row = self.assert_file(result, "c.tsv.gz", "skipped", "rejects")
        self.assert_first(row, texts[2], {})
        for path in files:
            self.assert_kept(path)


if __name__ == "__main__":
    memc.main()
