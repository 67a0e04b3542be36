#!/usr/bin/python3
"""Files that another process writes while they are loaded: they are whole only
when it has closed them, whatever they look like until then."""

import mmap
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from memc import NOBODY, can_be_nobody  # noqa: E402
from records import line, member  # noqa: E402

FIRST = b"".join(line(ident=f"a{n}") for n in range(100))
SECOND = b"".join(line(ident=f"b{n}") for n in range(100))
WAITING = "open for writing: waiting up to"


class Writers(memc.LoadTest):
    shards = records.TYPES

    def open(self, path, mode="ab"):
        it = open(path, mode, buffering=0)
        self.addCleanup(it.close)
        return it

    def assert_unfinished(self, result, path):
        self.assert_file(result, path.name, "failed", "unfinished")
        self.assert_kept(path, result)
        self.assertIn("open for writing", result.err)


class Unfinished(Writers):
    def check_open(self, name, first, mode="ab", says=None):
        """Kept while it is open for writing, loaded whole when it is closed;
        another file beside it is done all the same."""
        path = self.write(name, first, is_gzip=False)
        good = self.write("good.tsv", line(ident="good"), is_gzip=False)
        writer = self.open(path, mode)
        result = self.load(files=[path, good], code=1)
        self.assert_unfinished(result, path)
        self.assertEqual(result.file(name)["lines"], 0, result)
        self.assert_file(result, "good.tsv", "done")
        self.assertIn(says or f"process {os.getpid()} (", result.err)
        return path, writer

    def check_name(self, name, first, second):
        path, writer = self.check_open(name, first)
        writer.write(second)
        writer.close()
        result = self.load(files=[path])
        self.assert_renamed(path, result)
        self.assert_holds(records.read(FIRST + SECOND + line(
            ident="good")).stored(), note=result)

    def test_text(self):
        self.check_name("a.tsv", FIRST, SECOND)

    def test_gzip_at_the_border_of_a_member(self):
        self.check_name("a.tsv.gz", member(FIRST), member(SECOND))

    def test_open_for_reading_and_writing(self):
        self.check_open("a.tsv", FIRST, "r+b")

    def test_mapped_for_writing(self):
        """Open no more, and yet it can be written to."""
        path = self.write("a.tsv", FIRST, is_gzip=False)
        with open(path, "r+b") as file:
            mapped = mmap.mmap(file.fileno(), 0)
        self.addCleanup(mapped.close)
        result = self.load(files=[path], code=1)
        self.assert_unfinished(result, path)

    def test_by_another_name(self):
        """A link to it, and a second name of it."""
        path = self.write("writers.tmp", FIRST, is_gzip=False)
        link, other = self.dir / "link.tsv", self.dir / "other.tsv"
        link.symlink_to(path)
        writer = self.open(path)
        self.assert_unfinished(self.load(files=[link], code=1), link)
        os.link(path, other)
        self.assert_unfinished(self.load(files=[other], code=1), other)
        writer.close()
        self.load(files=[other])

    def test_moved_in_while_it_is_open(self):
        outside = self.write("export.tmp", FIRST, is_gzip=False)
        writer = self.open(outside)
        path = self.dir / "a.tsv"
        outside.rename(path)
        self.assert_unfinished(
            self.load("--pattern", self.dir / "*.tsv", code=1), path)
        writer.close()
        self.load("--pattern", self.dir / "*.tsv")

    def test_dry(self):
        path, _ = self.check_open("a.tsv", FIRST)
        self.assert_unfinished(self.load("--dry", files=[path], code=1,
                                         servers={}), path)

    def test_doctor_tells(self):
        path = self.write("a.tsv", FIRST, is_gzip=False)
        writer = self.open(path)
        result = self.doctor(files=[path], code=1)
        self.assertIn("open for writing", result.out + result.err)
        writer.close()
        result = self.doctor(files=[path])
        self.assertNotIn("open for writing", result.out + result.err)

    def test_read_by_others(self):
        """A control: who only reads it is nobody to wait for."""
        path = self.write("a.tsv", FIRST, is_gzip=False)
        os.utime(path, (1, 1))
        self.open(path, "rb")
        self.load("--settle", "60", files=[path], deadline=30)
        self.assert_renamed(path)

    def test_a_moment(self):
        """As between fork and exec of a process that is being started."""
        path = self.write("a.tsv", FIRST, is_gzip=False)
        writer = self.open(path)
        running = self.start(files=[path])
        self.wait_while(running, lambda: self.has_open(running, path),
                        "it is opened")
        writer.close()
        self.check(running)
        self.assert_renamed(path)

    def has_open(self, running, path):
        """Locked, to be loaded, and not only for the sample."""
        inode = f":{path.stat().st_ino} "
        with open("/proc/locks", encoding="ascii") as locks:
            return any(inode in row and "FLOCK" in row for row in locks)


class Settle(Writers):
    """With time to wait for whoever writes."""

    def begin(self, *args, **more):
        path = self.write("a.tsv", FIRST, is_gzip=False)
        writer = self.open(path)
        running = self.start("--settle", "600", *args, files=[path], **more)
        self.wait_while(running, lambda: WAITING in running.said(),
                        "it waits")
        return path, writer, running

    def test_closed_meanwhile(self):
        path = self.write("a.tsv", FIRST, is_gzip=False)
        writer = self.open(path)
        running = self.start("--settle", "1", files=[path])
        self.wait_while(running, lambda: WAITING in running.said(),
                        "it waits")
        writer.write(SECOND)
        writer.close()
        result = self.check(running)
        self.assert_renamed(path, result)
        self.assert_counts(result, records.read(FIRST + SECOND))
        self.assert_holds(records.read(FIRST + SECOND).stored(), note=result)

    def test_never_closed(self):
        path = self.write("a.tsv", FIRST, is_gzip=False)
        self.open(path)
        result = self.load("--settle", "1", files=[path], code=1)
        self.assert_unfinished(result, path)

    def test_replaced_meanwhile(self):
        """By a file that is whole: it is the one that is loaded."""
        path, writer, running = self.begin()
        new = self.write("new.tmp", SECOND, is_gzip=False)
        os.utime(path, (1, 1))
        os.utime(new, (1, 1))
        new.rename(path)
        writer.close()
        result = self.check(running)
        self.assert_renamed(path, result)
        self.assert_counts(result, records.read(SECOND))

    def test_others_go_on(self):
        """A place for a process is kept for it; the others go on."""
        path = self.write("a.tsv", FIRST, is_gzip=False)
        writer = self.open(path)
        others = [self.write(f"b{n}.tsv", line(ident=f"o{n}"), is_gzip=False)
                  for n in range(5)]
        os.utime(path, (1, 1))
        for other in others:
            os.utime(other, (1, 1))
        running = self.start("--settle", "600", "--processes", "2",
                             files=[path, *others])
        self.wait_while(
            running, lambda: running.said().count("acknowledged") == 5,
            "the others are read")
        self.assertTrue(all(other.exists() for other in others))
        writer.close()
        result = self.check(running)
        for each in (path, *others):
            self.assert_renamed(each, result)

    def test_order_of_one_process(self):
        """With one process the files are loaded in order, held up or not."""
        path = self.write("a.tsv", line(ident="x", lat="1"), is_gzip=False)
        writer = self.open(path)
        other = self.write("b.tsv", line(ident="x", lat="2"), is_gzip=False)
        for each in (path, other):
            os.utime(each, (1, 1))
        running = self.start("--settle", "600", "--processes", "1",
                             files=[path, other])
        self.wait_while(running, lambda: WAITING in running.said(),
                        "it waits")
        memc.hold_for(0.3)
        self.assertNotIn("acknowledged", running.said())
        writer.close()
        self.check(running)
        self.assert_holds(records.read(line(ident="x", lat="2")).stored())

    def test_stopped_meanwhile(self):
        path, _, running = self.begin()
        running.signal(signal.SIGTERM)
        result = self.check(running, 4, deadline=memc.patience(20))
        self.assert_file(result, "a.tsv", "skipped", "interrupted")
        self.assert_kept(path, result)

    def test_opened_while_it_is_loaded(self):
        """Read to its end by then, and open: closed as it was, it is done."""
        for is_written in (False, True):
            with self.subTest(is_written):
                it = self.fake()
                it.hold_after(1)
                path = self.write("a.tsv", FIRST, is_gzip=False)
                os.utime(path, (1, 1))
                running = self.start("--settle", "600", files=[path],
                                     servers={"idfa": it})
                it.wait_held()
                writer = self.open(path)
                it.release()
                self.wait_while(running, lambda: WAITING in running.said(),
                                "it waits")
                if is_written:
                    writer.write(SECOND)
                writer.close()
                result = self.check(running, int(is_written))
                if is_written:
                    self.assert_file(result, "a.tsv", "failed", "changed")
                    self.assert_kept(path, result)
                else:
                    self.assert_renamed(path, result)

    def test_opened_while_it_is_loaded_and_never_closed(self):
        it = self.fake()
        it.hold_after(1)
        path = self.write("a.tsv", FIRST, is_gzip=False)
        running = self.start(files=[path], servers={"idfa": it})
        it.wait_held()
        self.open(path)
        it.release()
        result = self.check(running, 1)
        self.assert_unfinished(result, path)
        self.assertEqual(result.totals["stored"], 100)


@unittest.skipUnless(can_be_nobody(), "needs root, and a program that nobody "
                     "may run")
class Untold(Writers):
    """Nobody is told who writes another one's file: its changes tell."""

    def begin(self, settle):
        path = self.write("a.tsv", FIRST, is_gzip=False)
        running = self.start("--settle", settle, files=[path], user=NOBODY)
        self.wait_while(running, lambda: "not changed for" in running.said(),
                        "it waits")
        return path, running

    def test_it_grows(self):
        path, running = self.begin("2")
        memc.hold_for(1)
        writer = self.open(path)
        writer.write(SECOND)
        result = self.check(running)
        self.assert_renamed(path, result)
        self.assert_holds(records.read(FIRST + SECOND).stored(), note=result)

    def test_it_grows_for_ever(self):
        path, running = self.begin("1")
        writer = self.open(path)
        while running.is_running():
            writer.write(line(ident="more"))
            memc.hold_for(0.05)
        result = self.check(running, 1)
        self.assert_file(result, "a.tsv", "failed", "unfinished")
        self.assertIn("still written to", result.err)
        self.assert_kept(path, result)

    def test_it_is_old(self):
        path = self.write("a.tsv", FIRST, is_gzip=False)
        os.utime(path, (1, 1))
        self.load("--settle", "600", files=[path], user=NOBODY, deadline=30)


class Input(memc.LoadTest):
    """Standard input from a file has no name to lose; it is told."""

    shards = records.TYPES
    SHELL = ["sh", "-c", 'exec "$@" < "$FROM"', "sh"]

    def check_stdin(self, path, code=0, **more):
        return self.load(files=["-"], command=self.SHELL,
                         env={"FROM": str(path)}, code=code, **more)

    def test_open(self):
        path = self.write("a.tsv", FIRST, is_gzip=False)
        with open(path, "ab"):
            result = self.check_stdin(path)
        self.assertIn("open for writing", result.err)
        self.assertNotIn("open for writing", self.check_stdin(path).err)

    def test_written_to(self):
        it = self.fake()
        it.hold_after(1)
        path = self.write("a.tsv", FIRST, is_gzip=False)
        running = self.start(files=["-"], command=self.SHELL,
                             env={"FROM": str(path)}, servers={"idfa": it})
        it.wait_held()
        with open(path, "ab") as writer:
            writer.write(SECOND)
        it.release()
        result = self.check(running, 1)
        self.assert_file(result, "-", "failed", "changed")


if __name__ == "__main__":
    memc.main()
