#!/usr/bin/python3
"""What stands where a file should: links to anything, sockets, files that
cannot be read; and files that change while they are read."""

import os
import random
import socket
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import line, member  # noqa: E402


class Kinds(memc.LoadTest):
    """Each beside a good file, which is done all the same."""

    shards = records.TYPES

    def check_odd(self, path, reason="unreadable", *args, says=""):
        good = self.write("good.tsv.gz", line())
        result = self.load(*args, files=[path, good], code=1,
                           deadline=memc.patience(20))
        rows = [row for row in result.summary["files"]
                if row["path"] == str(path)]
        self.assertEqual([(row["status"], row["reason"], row["lines"])
                          for row in rows], [("failed", reason, 0)], result)
        self.assertIn(says, result.err)
        self.assert_file(result, "good.tsv.gz", "done")
        self.assert_renamed(good)
        self.assert_counts(result, records.read(line()))
        self.assert_holds(records.read(line()).stored())
        return result

    def test_a_link_to_a_directory(self):
        path = self.dir / "a.tsv.gz"
        path.symlink_to(self.dir)
        self.check_odd(path, says="directory")
        self.assertTrue(path.is_symlink())

    def test_a_link_to_a_pipe(self):
        os.mkfifo(self.dir / "pipe")
        path = self.dir / "a.tsv.gz"
        path.symlink_to("pipe")
        self.check_odd(path, says="pipe")

    def test_a_link_to_itself(self):
        path = self.dir / "a.tsv.gz"
        path.symlink_to(path)
        self.check_odd(path)

    def test_a_link_to_a_link_to_a_file(self):
        target = self.write("target", line(ident="2"))
        (self.dir / "between").symlink_to(target)
        path = self.dir / "a.tsv.gz"
        path.symlink_to("between")
        result = self.load(files=[path])
        self.assert_file(result, "a.tsv.gz", "done")
        self.assertTrue((self.dir / ".a.tsv.gz").is_symlink())
        self.assertTrue((self.dir / "between").is_symlink())
        self.assertTrue(target.exists())
        self.assertFalse(os.path.lexists(path))
        expected = records.read(line(ident="2"))
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored())

    def test_a_socket(self):
        path = self.dir / "a.tsv.gz"
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
            self.check_odd(path, says="socket")

    def test_a_file_as_a_directory(self):
        path = self.write("a.tsv.gz", line()) / "b.tsv.gz"
        self.check_odd(path)
        self.assertTrue(path.parent.exists())

    def test_a_name_too_long(self):
        self.check_odd(self.dir / ("x" * 256))

    def test_a_read_that_fails(self):
        """A regular file that opens, and whose first read is an error."""
        path = self.dir / "a.tsv.gz"
        path.symlink_to("/proc/self/mem")
        # what it says of itself changes, so it may be settled by that alone
        result = self.check_odd(path, says="cannot read at byte 0")
        self.assertIn("Input/output error", result.err)

    def test_links_that_a_pattern_matches(self):
        """To files and to nowhere; of the others a pattern says nothing."""
        target = self.write("target", line(ident="3"))
        for name, to in (("1", target), ("2", self.dir), ("3", "/dev/null"),
                         ("4", "nowhere"), ("5", "5.tsv.gz")):
            (self.dir / f"{name}.tsv.gz").symlink_to(to)
        result = self.load("--pattern", self.dir / "*.tsv.gz", code=1)
        self.assertEqual(
            [(row["path"], row["status"], row["reason"])
             for row in result.summary["files"]],
            [(f"{self.dir}/1.tsv.gz", "done", ""),
             (f"{self.dir}/4.tsv.gz", "failed", "unreadable"),
             (f"{self.dir}/5.tsv.gz", "failed", "unreadable")])
        self.assertIn(
            f"{self.dir}/4.tsv.gz: failed (unreadable): it is a link to "
            "nowhere, which is not there: mend or remove the link\n",
            result.err)
        self.assert_holds(records.read(line(ident="3")).stored())

    def test_a_link_to_a_file_that_was_loaded(self):
        """It is left as it was, by the load and by those that follow."""
        self.write("a.tsv.gz", line(ident="4"))
        for where, to in ((self.dir, "a.tsv.gz"),
                          (self.dir / "d", "../a.tsv.gz"),
                          (self.dir / "e", self.dir / "a.tsv.gz")):
            where.mkdir(exist_ok=True)
            (where / "latest.tsv.gz").symlink_to(to)
        patterns = ("--pattern", self.dir / "*.gz",
                    "--pattern", self.dir / "*/*.gz")
        result = self.load(*patterns)
        self.assertEqual(result.totals["files"], 1, result)
        self.assertTrue((self.dir / ".a.tsv.gz").exists())
        b = self.write("b.tsv.gz", line(ident="5"))
        result = self.load(*patterns)
        self.assertEqual([row["path"] for row in result.summary["files"]],
                         [str(b)])
        result = self.load(files=[self.dir / "latest.tsv.gz"], code=1)
        self.assertIn("it is a link to a file that was loaded before, and has "
                      "a dot in front of its name now: mend or remove the "
                      "link\n", result.err)

    def test_a_name_that_looks_like_a_line_of_the_log(self):
        name = "a\n[2026.01.31 23:59:59] I b.tsv.gz: all is well\x1b[7m"
        path = self.write(name, b"x\n", is_gzip=False)
        result = self.load(files=[path], code=1)
        self.assertEqual(result.file()["path"], str(path))
        self.assert_counts(result, records.read(b"x\n"))
        self.assert_kept(path, result)
        for output in (result.err, result.out):
            self.assertNotIn("\x1b", output)
            self.assertNotRegex(output, r"(?m)^\[2026\.01\.31 23:59:59\]")
        self.assertIn(r"a\n[2026.01.31", result.err)


class WhileRead(memc.LoadTest):
    """The load is held early in a file too large to be read ahead; then the
    file changes, and the load goes on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = random.Random(5)
        cls.lines = [line(ident=f"{n}-{rng.getrandbits(400):x}")
                     for n in range(20_000)]
        cls.text = b"".join(cls.lines)
        # stored blocks: a byte of the file is a byte of the text
        cls.gz = member(cls.text, 0)

    def check_change(self, data, change, reason, ends=False):
        """Loads `data`, which `change` makes something else; what was read is
        told by the file then. The file fails, keeps its name, and what is
        called stored is there."""
        it = self.fake()
        it.hold_after(100)
        path = self.write("a.tsv.gz", data, is_gzip=False)
        running = self.start("--batch", "50", "--threads", "0",
                             "--max-error-rate", "1", files=[path],
                             servers={"idfa": it})
        it.wait_held()
        change(path)
        verdict, text, _ = records.judge_gzip(self.read_of(path, data, change))
        it.release()
        result = self.check(running, 1)
        row = self.assert_file(result, "a.tsv.gz", "failed", reason)
        self.assertFalse(row["renamed_to"], result)
        self.assertFalse((self.dir / ".a.tsv.gz").exists(), result)
        expected = records.read(text, cut_off=verdict is not None)
        self.assertEqual(
            (row["lines"], row["stored"], row["rejected"]),
            (expected.lines, len(expected.items), len(expected.bad)), result)
        self.assertEqual(it.items, expected.stored()["idfa"])
        return result

    def read_of(self, path, data, change):
        """The bytes that are read: those of the file as it was opened."""
        return data if change == self.replace else path.read_bytes()

    def replace(self, path):
        new = self.write("new", line(ident="new"))
        new.rename(path)

    def test_gzip_that_shrinks(self):
        self.check_change(self.gz, lambda path: os.truncate(
            path, len(self.gz) * 3 // 4), "truncated")

    def test_gzip_that_grows(self):
        def change(path):
            with path.open("ab") as file:
                file.write(member(line(ident="more")))
        self.check_change(self.gz, change, "changed")

    def test_gzip_that_grows_by_something_else(self):
        def change(path):
            with path.open("ab") as file:
                file.write(b"more")
        self.check_change(self.gz, change, "trailing")

    def test_gzip_that_is_written_over(self):
        def change(path):
            with path.open("r+b") as file:
                file.seek(len(self.gz) * 3 // 4)
                file.write(b"\n".join([line(ident="evil")] * 10))
        self.check_change(self.gz, change, "corrupt")

    def test_gzip_that_is_emptied(self):
        """What was read ahead is loaded; nobody knows how much that is."""
        it = self.fake()
        it.hold_after(100)
        path = self.write("a.tsv.gz", self.gz, is_gzip=False)
        running = self.start("--batch", "50", files=[path],
                             servers={"idfa": it})
        it.wait_held()
        os.truncate(path, 0)
        it.release()
        result = self.check(running, 1)
        row = self.assert_file(result, "a.tsv.gz", "failed", "truncated")
        self.assertEqual(row["stored"], len(it.items))
        self.assertEqual(row["rejected"], row["lines"] - row["stored"])
        want = records.read(self.text).stored()["idfa"]
        self.assertEqual(it.items, dict(list(want.items())[:row["stored"]]))

    def test_gzip_that_is_replaced(self):
        """The one that was opened is read to its end."""
        self.check_change(self.gz, self.replace, "changed")
        self.assertTrue((self.dir / "a.tsv.gz").exists())

    def test_text_that_shrinks_inside_a_line(self):
        """Nothing in the text tells that it goes on; the file's size does."""
        self.check_change(self.text, lambda path: os.truncate(
            path, len(self.text) * 3 // 4), "changed")

    def test_text_that_grows(self):
        def change(path):
            with path.open("ab") as file:
                file.write(line(ident="more"))
        self.check_change(self.text, change, "changed")

    def test_a_directory_that_is_moved(self):
        """The file is read to its end, and found nowhere then."""
        inner = self.dir / "inner"
        inner.mkdir()
        it = self.fake()
        it.hold_after(100)
        path = self.write("inner/a.tsv.gz", self.gz, is_gzip=False)
        running = self.start("--batch", "50", files=[path],
                             servers={"idfa": it})
        it.wait_held()
        inner.rename(self.dir / "moved")
        it.release()
        result = self.check(running, 1)
        row = self.assert_file(result, "a.tsv.gz", "failed", "changed")
        self.assertEqual(row["stored"], len(self.lines))
        self.assertEqual(it.items, records.read(self.text).stored()["idfa"])
        self.assertTrue((self.dir / "moved" / "a.tsv.gz").exists())


@unittest.skipIf(memc.MODE == "valgrind", "keeps descriptors for itself")
class Many(memc.LoadTest):
    """A file that is done holds a descriptor until all before it are settled.
    The first one is held back, while more are done behind it than there are
    descriptors."""

    shards = records.TYPES
    LIMIT = 64
    SPARE = 8  # input/claim.c

    def check_behind(self, limit, is_far, before_release=lambda: None):
        """is_far(descriptors): does it have as many as it will?"""
        it = self.fake()
        it.hold_after(0)
        first = self.write("a.tsv.gz", line(kind="slow"))
        others = [self.write(f"b{n}.tsv.gz", line(ident=str(n)))
                  for n in range(self.LIMIT + 10)]
        running = self.start(
            "--processes", "2", "--timeout", "60000", files=[first, *others],
            servers={**self.servers, "slow": it},
            command=["bash", "-c", f'ulimit {limit}; exec "$@"', "bash"])
        it.wait_held()
        memc.wait_until(lambda: is_far(self.descriptors(running.pid))
                        or "Too many open files" in running.said(),
                        "many are done")
        memc.hold_for(0.3)  # so that one more would be begun
        self.assertFalse("Too many open files" in running.said())
        for path in others:
            self.assert_kept(path)
        before_release()
        it.release()
        result = self.check(running)
        self.assertEqual(result.totals["stored"], len(others) + 1, result)
        for path in [first, *others]:
            self.assert_renamed(path, result)
        self.assert_holds(records.read(b"".join(
            line(ident=str(n)) for n in range(len(others)))).stored(),
            note=result)
        self.assertEqual(it.keys_set(), {b"slow:1"})
        return result

    def is_short(self, fds):
        return fds >= set(range(self.LIMIT - self.SPARE))

    def descriptors(self, pid):
        return {int(name) for name in os.listdir(f"/proc/{pid}/fd")}

    def test_with_few_descriptors(self):
        """No further file is begun until others have their names."""
        self.check_behind(f"-n {self.LIMIT}", self.is_short)

    def test_with_few_descriptors_and_a_flush(self):
        """Those that are done are loaded again before others are begun."""
        result = self.check_behind(f"-n {self.LIMIT}", self.is_short,
                                   self.servers["idfa"].flush)
        self.assertGreater(result.shard("idfa")["reloaded"],
                           self.LIMIT // 2, result)

    def test_with_few_descriptors_and_more_allowed(self):
        """It takes as many as it needs."""
        self.check_behind(f"-Sn {self.LIMIT}",
                          lambda fds: len(fds) > self.LIMIT + 10)


if __name__ == "__main__":
    memc.main()
