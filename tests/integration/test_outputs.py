#!/usr/bin/python3
"""The summary and the log as files of their own: when there is no place for
them, and what was there before."""

import json
import os
import pwd
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
                "file, this one would be spoilt")
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


class Spoilt(memc.LoadTest):
    """--log and --summary that name what is read: refused before anything is
    written, and every file is as it was."""

    shards = records.TYPES

    def setUp(self):
        super().setUp()
        self.write("p.tsv", line(), is_gzip=False)
        (self.dir / "load.yml").write_text("load:\n  no-rename: true\n")
        (self.dir / "in").mkdir()
        self.write("in/day", line(), is_gzip=False)

    def tree(self):
        return {path: path.read_bytes() for path in self.dir.rglob("*")
                if path.is_file()}

    def refused(self, said, *args, command=None):
        before = self.tree()
        result = self.start(*args, summary=False, command=command).finish()
        self.assertEqual((result.code, result.out, result.err),
                         (2, "", f"memc_load: {said}\n"), args)
        self.assertEqual(self.tree(), before, args)

    def spoilt(self, said, *args, **more):
        self.refused(f"{said}: name another file, this one would be spoilt",
                     *args, **more)

    def test_an_input(self):
        (self.dir / "link").symlink_to("p.tsv")
        os.link(self.dir / "in/day", self.dir / "hard")
        for args, said in (
                (("--summary", "p.tsv", "p.tsv"), "p.tsv is an input"),
                (("--log", "p.tsv", "p.tsv"), "p.tsv is an input"),
                (("--summary", "link", "p.tsv"), "link is p.tsv, an input"),
                (("--log", "hard", "in/day"), "hard is in/day, an input"),
                (("--summary", "hard", "--pattern", "none*", "--pattern",
                  "in/*"), "hard is in/day, an input"),
                # it would be made, and then be loaded
                (("--log", "new", "new"), "new is an input"),
                (("--log", "in/log", "--pattern", "in/*"),
                 "in/log is matched by --pattern in/*, an input")):
            for command in [], ["doctor"], ["verify"]:
                with self.subTest(args, command=command):
                    self.spoilt(f"{args[0]}: {said}", *command, *args)

    def test_standard_input(self):
        self.spoilt("--summary: in/day is stdin, an input", "--summary",
                    "in/day", "-", command=["sh", "-c",
                                            'exec "$@" <in/day', "sh"])

    def test_what_was_loaded_is_an_input_of_verify(self):
        os.rename(self.dir / "in/day", self.dir / "in/.day")
        for files in (["in/day"], ["--pattern", "in/d*"]):
            self.spoilt("--summary: in/.day is an input", "verify",
                        "--summary", "in/.day", *files)

    def test_a_config_and_what_it_names(self):
        (self.dir / "m").mkdir()
        (self.dir / "m/shop").write_text(
            'syntax = "proto3"; message A { string b = 1; }')
        (self.dir / "m/map").write_text(
            "record: {proto: shop, message: A, fields: {b: c}}\n"
            "input: {columns: [c, idfa]}\nkey: '{c}'\nroute: {column: idfa}\n")
        for args, said in (
                (("--summary", "load.yml", "--config", "load.yml", "p.tsv"),
                 "load.yml is the config"),
                (("--log", "load.yml", "--config", "./load.yml", "p.tsv"),
                 "load.yml is ./load.yml, the config"),
                (("--summary", "m/map", "--mapping", "m/map", "p.tsv"),
                 "m/map is the mapping"),
                (("--summary", "m/shop", "--mapping", "m/map", "p.tsv"),
                 "m/shop is the mapping's proto")):
            with self.subTest(args):
                self.spoilt(f"{args[0]}: {said}", *args)

    def test_one_another(self):
        (self.dir / "old").write_text("old")
        (self.dir / "link").symlink_to("old")
        for log, summary in (("new", "new"), ("new", "in/../new"),
                             ("old", "link")):
            self.refused(f"--log and --summary name the same file, "
                         f"{summary}: give one of them another", "--log", log,
                         "--summary", summary, "p.tsv")

    def test_a_value_that_was_forgotten(self):
        """"--summary p.tsv" with a pattern, or with what is in a config."""
        for name in ("p.tsv", "a.CSV", "a.yml", "a.yaml", "a.proto"):
            (self.dir / name).write_bytes(b"x")
            for option in ("--summary", "--log"):
                ending = os.path.splitext(name)[1].lower()
                self.spoilt(f"{option}: {name} is a {ending} file with "
                            "something in it", option, name, "--pattern",
                            "none/*")

    def test_all_else_is_written_to(self):
        (self.dir / "empty.csv").write_text("")
        (self.dir / "junk").write_text("junk")
        (self.dir / "log").write_text("before\n")
        for log, summary in (("log", "empty.csv"), ("log", "junk"),
                             ("log", "new"), ("/dev/null", "/dev/null"),
                             ("log", "-")):
            with self.subTest(log=log, summary=summary):
                result = self.load("--no-rename", "--log", log, "--summary",
                                   summary, "p.tsv", summary=False)
                self.assertNotIn("memc_load:", result.err)
                path = self.dir / summary
                text = path.read_text() if path.is_file() else result.out
                if summary != "/dev/null":
                    self.assertEqual(json.loads(text)["exit_code"], 0)
        self.assertTrue(
            (self.dir / "log").read_text().startswith("before\n["))

    def test_standard_output_that_is_a_file_without_a_name(self):
        """As it is here; a link like /dev/stdout, not that of the machine."""
        for name, fd in (("out", 1), ("err", 2)):
            (self.dir / name).symlink_to(f"/proc/self/fd/{fd}")
        result = self.load("--no-rename", "--log", "err", "--summary", "out",
                           "p.tsv", summary=False)
        self.assertEqual(json.loads(result.out)["exit_code"], 0)
        self.assertIn("read and acknowledged", result.err)
        self.assertEqual(os.readlink(self.dir / "out"), "/proc/self/fd/1")

    def test_outputs_of_bench(self):
        (self.dir / "in/day.svg").write_bytes(line())
        for option in ("--json", "--csv", "--plot", "--write-config"):
            self.spoilt(f"{option}: in/day.svg is an input", "bench", "--yes",
                        option, "in/day.svg", "in/day.svg")
        self.spoilt("--write-config: load.yml is the config", "bench", "--yes",
                    "--write-config", "load.yml", "--config", "load.yml")
        self.refused("--json and --csv name the same file, ./new: give "
                     "one of them another", "bench", "--yes", "--json", "new",
                     "--csv", "./new")


class Pipes(memc.LoadTest):
    """The log or the summary goes into a pipe."""

    shards = records.TYPES

    def test_without_a_reader(self):
        for option, code in (("--log", 3), ("--summary", 3)):
            with self.subTest(option):
                pipe = self.dir / "pipe"
                os.mkfifo(pipe)
                path = self.write("a.tsv.gz", line())
                result = self.load(option, pipe, files=[path], code=code,
                                   summary=False, deadline=memc.patience(20))
                self.assertIn("a pipe that nobody reads", result.err)
                pipe.unlink()

    def test_with_a_reader(self):
        for option in ("--log", "--summary"):
            with self.subTest(option):
                pipe = self.dir / "pipe"
                os.mkfifo(pipe)
                fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
                self.load(option, pipe, summary=False,
                          files=[self.write("a.tsv.gz", line())])
                self.assertTrue(os.read(fd, 1 << 16))
                os.close(fd)
                pipe.unlink()


@unittest.skipUnless(can_be_nobody(), "needs root")
class Planted(memc.LoadTest):
    """Names that another user made in a directory that both may write to."""

    shards = records.TYPES

    def check_planted(self, make):
        victim = self.write("victim", b"mine\n", is_gzip=False)
        at = self.dir / "out"
        for option in ("--log", "--summary"):
            with self.subTest(option):
                make(victim, at)
                path = self.write("a.tsv.gz", line())
                result = self.load(option, at, files=[path], summary=False,
                                   code=3)
                self.assertIn("cannot write", result.err)
                self.assertEqual(victim.read_bytes(), b"mine\n")
                at.unlink()

    def test_a_link(self):
        def make(victim, at):
            at.symlink_to(victim)
            user = pwd.getpwnam(memc.NOBODY)
            os.lchown(at, user.pw_uid, user.pw_gid)
        self.check_planted(make)

    def test_a_second_name(self):
        self.check_planted(lambda victim, at: os.link(victim, at))

    def test_a_link_of_ours(self):
        """A control."""
        target = self.dir / "target"
        (self.dir / "out").symlink_to(target)
        self.load("--log", self.dir / "out", summary=False,
                  files=[self.write("a.tsv.gz", line())])
        self.assertTrue(target.read_text())


if __name__ == "__main__":
    memc.main()
