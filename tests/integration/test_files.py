#!/usr/bin/python3
"""Files: which are loaded and in what order, when they get their new name,
and all that can be odd about them."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from memc import NOBODY, can_be_nobody  # noqa: E402
from records import generate, line  # noqa: E402


class Lists(memc.LoadTest):
    """Which files, in which order."""

    shards = records.TYPES

    def names(self, result):
        return [os.path.relpath(row["path"], self.dir)
                for row in result.summary["files"]]

    def make(self, *names):
        for name in names:
            (self.dir / name).parent.mkdir(exist_ok=True)
            (self.dir / name).parent.chmod(0o777)
            self.write(name, line(ident=name.encode().hex()))

    def test_order_is_by_base_name_then_path(self):
        self.make("y/b.tsv.gz", "x/c.tsv.gz", "y/a.tsv.gz", "x/b.tsv.gz",
                  "x/B.tsv.gz", "y/a1.tsv.gz", "y/a.b.tsv.gz")
        result = self.load("--pattern", self.dir / "*" / "*.tsv.gz")
        self.assertEqual(self.names(result), [
            "x/B.tsv.gz", "y/a.b.tsv.gz", "y/a.tsv.gz", "y/a1.tsv.gz",
            "x/b.tsv.gz", "y/b.tsv.gz", "x/c.tsv.gz"])

    def test_patterns_and_names_add_up_each_file_once(self):
        self.make("a.tsv.gz", "b.tsv.gz", "c.tsv.gz", "d.txt.gz")
        result = self.load(
            "--pattern", self.dir / "a*", "--pattern", self.dir / "[ab].*",
            files=[self.dir / "d.txt.gz", self.dir / "a.tsv.gz",
                   self.dir / "." / "a.tsv.gz"])
        self.assertEqual(self.names(result),
                         ["a.tsv.gz", "b.tsv.gz", "d.txt.gz"])
        self.assertEqual(result.totals["stored"], 3)
        self.assert_kept(self.dir / "c.tsv.gz")

    def test_options_may_follow_files(self):
        self.make("a.tsv.gz", "--b.tsv.gz")
        result = self.load("load", self.dir / "a.tsv.gz", "--no-rename", "--",
                           "--b.tsv.gz")
        self.assertEqual(
            [os.path.basename(row["path"])
             for row in result.summary["files"]],
            ["--b.tsv.gz", "a.tsv.gz"])

    def test_dot_files_never_match(self):
        self.make("a.tsv.gz", ".b.tsv.gz")
        result = self.load("--pattern", self.dir / "*.tsv.gz",
                           "--pattern", self.dir / ".*.tsv.gz")
        self.assertEqual(self.names(result), ["a.tsv.gz"])
        self.assert_renamed(self.dir / "a.tsv.gz")

    def test_a_dot_file_that_is_named_is_loaded_and_keeps_its_name(self):
        self.make(".b.tsv.gz")
        result = self.load(files=[self.dir / ".b.tsv.gz"])
        row = self.assert_file(result, ".b.tsv.gz", "done")
        self.assertFalse(row.get("renamed_to"))
        self.assertEqual(result.totals["stored"], 1)
        self.assert_kept(self.dir / ".b.tsv.gz")

    def test_nothing_matches(self):
        for args in (["--pattern", self.dir / "*.tsv.gz"],
                     ["--pattern", self.dir / "no" / "such" / "*"]):
            result = self.load(*args, code=2)
            self.assertIn(str(args[1]), result.err)

    def test_a_second_run_finds_nothing_to_do(self):
        self.make("a.tsv.gz")
        self.load("--pattern", self.dir / "*.tsv.gz")
        self.load("--pattern", self.dir / "*.tsv.gz", code=2)

    def test_odd_names_and_a_summary_that_parses(self):
        for name in ('quote".tsv.gz', "back\\slash.tsv.gz", "new\nline.tsv.gz",
                     "ünï.tsv.gz", "tab\t.tsv.gz", "star*.tsv.gz",
                     "-v.tsv.gz", "percent%s%n.tsv.gz"):
            with self.subTest(repr(name)):
                self.make(name)
                result = self.load(files=[self.dir / name])
                row = result.file(name)
                self.assertEqual(row["status"], "done")
                self.assertEqual(row["renamed_to"],
                                 str(self.dir / ("." + name)))
                self.assert_renamed(self.dir / name, result)

    def test_a_name_that_is_not_utf_8(self):
        path = os.fsencode(self.dir) + b"/\xff\xfe.tsv.gz"
        with open(path, "wb") as file:
            file.write(records.member(line()))
        result = self.load(os.fsdecode(path))
        self.assertEqual(result.totals["files_done"], 1)
        self.assertTrue(os.path.exists(
            os.fsencode(self.dir) + b"/.\xff\xfe.tsv.gz"))


class Renames(memc.LoadTest):
    shards = records.TYPES

    def test_done_files_get_a_dot(self):
        path = self.write("a.tsv.gz", line())
        inode = path.stat().st_ino
        result = self.load(files=[path])
        row = self.assert_file(result, "a.tsv.gz", "done")
        renamed = self.dir / ".a.tsv.gz"
        self.assertEqual(row["renamed_to"], str(renamed))
        self.assertEqual(renamed.stat().st_ino, inode)

    def test_no_rename(self):
        path = self.write("a.tsv.gz", line())
        row = self.load("--no-rename", files=[path]).file()
        self.assertEqual((row["status"], row.get("renamed_to")),
                         ("done", None))
        self.assert_kept(path)

    def test_a_relative_path(self):
        self.write("a.tsv.gz", line())
        row = self.load(files=["a.tsv.gz"]).file()
        self.assertEqual((row["path"], row["renamed_to"]),
                         ("a.tsv.gz", ".a.tsv.gz"))
        self.assertTrue((self.dir / ".a.tsv.gz").exists())

    def test_never_over_an_existing_file(self):
        path = self.write("a.tsv.gz", line())
        there = self.write(".a.tsv.gz", b"precious", is_gzip=False)
        result = self.load(files=[path], code=1)
        self.assert_file(result, "a.tsv.gz", "failed", "rename")
        self.assertEqual(result.totals["stored"], 1)
        self.assert_holds(records.read(line()).stored(), note=result)
        self.assertTrue(path.exists())
        self.assertEqual(there.read_bytes(), b"precious")

    def test_names_appear_in_the_order_of_the_files(self):
        """The first file is held back while the others end: none of them may
        get its new name before it."""
        it = self.fake()
        it.hold_after(0)
        first = self.write("a.tsv.gz", line(kind="slow"))
        others = [self.write(f"{name}.tsv.gz", generate(50, 3 + at))
                  for at, name in enumerate("bcd")]
        running = self.start("--processes", "4", files=[first, *others],
                             servers={**self.servers, "slow": it})
        it.wait_held()
        memc.wait_until(lambda: len(running.workers()) == 1,
                        "only the first file's worker is left")
        for path in others:
            self.assert_kept(path)
        it.release()
        result = self.check(running)
        times = []
        for path in [first, *others]:
            self.assert_renamed(path, result)
            times.append(path.with_name("." + path.name).stat().st_ctime_ns)
        self.assertEqual(times, sorted(times))

    def test_a_failed_file_holds_nobody_up(self):
        bad = self.dir / "a.tsv.gz"
        bad.write_bytes(records.broken_off(line()))
        good = self.write("b.tsv.gz", line())
        result = self.load("--processes", "1", files=[bad, good], code=1)
        self.assert_file(result, "a.tsv.gz", "failed", "truncated")
        self.assert_kept(bad)
        self.assert_renamed(good, result)

    def test_a_directory_that_may_not_be_written_to(self):
        if not can_be_nobody():
            self.skipTest("needs root, and a program that nobody may run")
        inner = self.dir / "inner"
        inner.mkdir()
        path = inner / "a.tsv.gz"
        path.write_bytes(records.member(line()))
        inner.chmod(0o755)
        result = self.load(files=[path], user=NOBODY, code=1)
        self.assert_file(result, "a.tsv.gz", "failed", "rename")
        self.assertEqual(result.totals["stored"], 1)
        self.assert_holds(records.read(line()).stored(), note=result)
        self.assertIn("Permission denied", result.err)
        self.assert_kept(path)


class Changes(memc.LoadTest):
    """A file that is not what it was when its load began."""

    def check_change(self, change, code=1, status="failed", reason="changed"):
        it = self.fake()
        it.hold_after(1)
        text = line(ident="1") + line(ident="2")
        path = self.write("a.tsv.gz", text)
        running = self.start(files=[path], servers={"idfa": it})
        it.wait_held()
        change(path)
        it.release()
        result = self.check(running, code)
        row = self.assert_file(result, "a.tsv.gz", status, reason)
        self.assertFalse(row.get("renamed_to"), result)
        self.assertFalse((self.dir / ".a.tsv.gz").exists(), result)
        # it had been read to its end before the first set was sent
        expected = records.read(text)
        self.assert_counts(result, expected)
        self.assertEqual(it.items, expected.stored()["idfa"], result)
        return result

    def test_appended_to(self):
        def change(path):
            with path.open("ab") as file:
                file.write(records.member(line(ident="3")))
        self.check_change(change)

    def test_touched(self):
        self.check_change(lambda path: os.utime(path, (1, 1)))

    def test_replaced(self):
        def change(path):
            new = self.write("new", line(ident="9"))
            new.rename(path)
        self.check_change(change)
        self.assertTrue((self.dir / "a.tsv.gz").exists())

    def test_removed(self):
        self.check_change(lambda path: path.unlink())

    def test_renamed_by_somebody_else(self):
        self.check_change(lambda path: path.rename(self.dir / "moved"))
        self.assertTrue((self.dir / "moved").exists())

    def test_the_new_name_is_taken_meanwhile(self):
        other = self.dir / ".a.tsv.gz"
        it = self.fake()
        it.hold_after(0)
        path = self.write("a.tsv.gz", line())
        running = self.start(files=[path], servers={"idfa": it})
        it.wait_held()
        other.write_bytes(b"precious")
        it.release()
        result = self.check(running, 1)
        self.assert_file(result, "a.tsv.gz", "failed", "rename")
        self.assertEqual(result.totals["stored"], 1)
        self.assertEqual(it.items, records.read(line()).stored()["idfa"])
        self.assertEqual(other.read_bytes(), b"precious")
        self.assertTrue(path.exists())


class Locks(memc.LoadTest):
    def test_of_two_loaders_the_second_skips_the_file(self):
        it = self.fake()
        it.hold_after(0)
        text = generate(20, 1, types=("idfa",))
        shared = self.write("a.tsv.gz", text)
        running = self.start(files=[shared], servers={"idfa": it})
        it.wait_held()
        other = self.fake()
        mine = self.write("b.tsv.gz", line())
        second = self.load(files=[shared, mine], servers={"idfa": other},
                           code=1)
        self.assert_file(second, "a.tsv.gz", "skipped", "locked")
        self.assert_file(second, "b.tsv.gz", "done")
        self.assertEqual(other.items, records.read(line()).stored()["idfa"])
        self.assertIn("a.tsv.gz", second.err)
        self.assert_kept(shared)
        it.release()
        first = self.check(running)
        self.assert_file(first, "a.tsv.gz", "done")
        self.assertEqual(first.totals["stored"], 20)
        self.assertEqual(it.items, records.read(text).stored()["idfa"])
        self.assert_renamed(shared)

    def test_the_lock_ends_with_the_loader(self):
        it = self.fake()
        it.hold_after(0)
        path = self.write("a.tsv.gz", line())
        running = self.start(files=[path], servers={"idfa": it})
        it.wait_held()
        running.kill()
        it.release()
        self.load(files=[path], servers={"idfa": it})
        self.assert_renamed(path)

    def test_a_dry_run_needs_no_lock(self):
        it = self.fake()
        it.hold_after(0)
        path = self.write("a.tsv.gz", line())
        running = self.start(files=[path], servers={"idfa": it})
        it.wait_held()
        result = self.load("--dry", files=[path], servers={"idfa": it})
        self.assert_file(result, "a.tsv.gz", "done")
        it.release()
        self.check(running)


class Kinds(memc.LoadTest):
    """What is not a plain file. Each beside a good file that is done."""

    shards = records.TYPES

    def check_odd(self, path, status="failed", reason="unreadable", **more):
        good = self.write("good.tsv.gz", line())
        result = self.load(files=[path, good], code=1, **more)
        row = self.assert_file(result, os.path.basename(path), status, reason)
        self.assertEqual(row["lines"], 0, result)
        self.assert_file(result, "good.tsv.gz", "done")
        self.assert_holds(records.read(line()).stored(), note=result)
        self.assertIn(os.path.basename(path), result.err)
        self.assert_renamed(good)
        return result

    def test_a_directory(self):
        path = self.dir / "a.tsv.gz"
        path.mkdir()
        self.check_odd(path)
        self.assertTrue(path.is_dir())

    def test_a_pipe(self):
        path = self.dir / "a.tsv.gz"
        os.mkfifo(path)
        self.check_odd(path, deadline=memc.patience(20))

    def test_a_device(self):
        path = self.dir / "a.tsv.gz"
        path.symlink_to("/dev/zero")
        self.check_odd(path, deadline=memc.patience(20))

    def test_patterns_match_files_alone(self):
        (self.dir / "a.tsv.gz").mkdir()
        os.mkfifo(self.dir / "b.tsv.gz")
        self.write("c.tsv.gz", line())
        result = self.load("--pattern", self.dir / "*.tsv.gz")
        self.assertEqual(len(result.summary["files"]), 1)

    def test_a_missing_file(self):
        self.check_odd(self.dir / "missing.tsv.gz")

    def test_a_missing_file_alone(self):
        result = self.load(files=[self.dir / "missing.tsv.gz"], code=1)
        self.assert_file(result, "missing.tsv.gz", "failed", "unreadable")

    def test_an_unreadable_file(self):
        if not can_be_nobody():
            self.skipTest("needs root, and a program that nobody may run")
        path = self.write("a.tsv.gz", line())
        path.chmod(0)
        self.check_odd(path, user=NOBODY)

    def test_an_unreadable_directory(self):
        """Not taken for one without files, which ends in 2."""
        if not can_be_nobody():
            self.skipTest("needs root, and a program that nobody may run")
        (self.dir / "closed").mkdir(mode=0o700)
        result = self.load("--pattern", self.dir / "closed" / "*.tsv.gz",
                           user=NOBODY, code=3)
        self.assertRegex(result.err, r"cannot read the directory .*closed: "
                         r"Permission denied: nothing was loaded")

    def test_a_symlink_is_renamed_and_its_target_stays(self):
        (self.dir / "else").mkdir()
        target = self.write("else/target", line(ident="link"))
        link = self.dir / "a.tsv.gz"
        link.symlink_to(target)
        result = self.load(files=[link])
        self.assert_file(result, "a.tsv.gz", "done")
        self.assertEqual(result.totals["stored"], 1)
        self.assertFalse(os.path.lexists(link))
        self.assertTrue((self.dir / ".a.tsv.gz").is_symlink())
        self.assertTrue(target.exists())

    def test_a_link_and_its_target_are_one_file(self):
        target = self.write("b.tsv.gz", line())
        (self.dir / "a.tsv.gz").symlink_to(target)
        (self.dir / "c.tsv.gz").hardlink_to(target)
        result = self.load("--pattern", self.dir / "*.tsv.gz")
        self.assertEqual(result.totals["files"], 1)
        self.assertEqual(result.totals["stored"], 1)

    def test_of_a_link_and_its_target_the_file_is_renamed(self):
        """With the link renamed, the next night would load the file again."""
        target = self.write("b.tsv.gz", line())
        link = self.dir / "a.tsv.gz"
        for how in (["--pattern", self.dir / "*.tsv.gz"],
                    [link, "--pattern", self.dir / "*.tsv.gz"]):
            link.symlink_to(target.name)
            result = self.load(*how)
            self.assertEqual(result.totals["stored"], 1)
            self.assert_renamed(target)
            (self.dir / ".b.tsv.gz").rename(target)
            link.unlink()

    def test_a_link_to_nowhere(self):
        path = self.dir / "a.tsv.gz"
        path.symlink_to(self.dir / "nowhere")
        self.check_odd(path)


if __name__ == "__main__":
    memc.main()
