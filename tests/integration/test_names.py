#!/usr/bin/python3
"""Names that a file would need and cannot get, and what stands where its bad
lines would go: it fails, told before the first byte, and the others go on."""

import os
import socket
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import line  # noqa: E402

BAD = b"bad\n"


class Names(memc.LoadTest):
    shards = records.TYPES

    def check_name(self, name, reason, *args, code=1):
        """Beside one that is done, and has a bad line to keep."""
        self.flush_all()
        path = self.dir / name
        path.write_bytes(line(ident="a") + BAD)
        good = self.write("z.tsv", line(ident="z") + BAD, is_gzip=False)
        options = ("--max-error-rate", "1", "--processes", "1", *args)
        doctor = self.doctor(*options, files=[path, good], code=1)
        self.assertIn(f"{reason}: ", doctor.out + doctor.err)
        result = self.load(*options, files=[path, good], code=code)
        self.assert_file(result, name, "failed", reason)
        self.assertEqual(result.file(name)["lines"], 0, result)
        self.assertTrue(path.exists())
        self.assert_file(result, "z.tsv", "done")
        self.assert_renamed(good, result)
        self.assert_holds(records.read(line(ident="z")).stored(), note=result)
        # told before anything was begun
        told = [n for n, row in enumerate(result.err.splitlines())
                if f"{reason}: " in row]
        begun = [n for n, row in enumerate(result.err.splitlines())
                 if " I 2 files" in row]
        self.assertLess(told[0], begun[0], result)
        path.unlink()
        (self.dir / ".z.tsv").unlink()
        return result

    def test_too_long_for_a_dot(self):
        self.check_name("x" * 255, "rename", "--no-rejects")

    def test_too_long_for_rejects(self):
        self.check_name("x" * 245, "rejects")

    def test_long_and_fine(self):
        """Controls: as long as they may be."""
        for n, args in ((254, ["--no-rejects"]), (235, [])):
            path = self.write("x" * n, line() + BAD, is_gzip=False)
            self.load("--max-error-rate", "1", *args, files=[path])
            self.assert_renamed(path)

    def test_what_stands_there(self):
        for ending in ("a.tsv.rejects.jsonl", "a.tsv.rejects.tsv",
                       ".a.tsv.rejects.jsonl.tmp", ".a.tsv.rejects.tsv.tmp"):
            at = self.dir / ending
            for make in (at.mkdir, lambda: os.mkfifo(at), self.sock(at)):
                with self.subTest(ending):
                    make()
                    self.check_name("a.tsv", "rejects")
                    self.remove(at)

    def test_a_link_where_it_is_written(self):
        """Planted: nothing is written where it leads."""
        for target in ("nowhere", "victim"):
            victim = self.write("victim", b"mine\n", is_gzip=False)
            at = self.dir / ".a.tsv.rejects.jsonl.tmp"
            at.symlink_to(self.dir / target)
            self.check_name("a.tsv", "rejects")
            self.assertEqual(victim.read_bytes(), b"mine\n")
            self.assertFalse((self.dir / "nowhere").exists())
            at.unlink()

    def test_a_hard_link_where_it_is_written(self):
        """Planted: the name is taken, the file stays as it is."""
        victim = self.write("victim", b"mine\n", is_gzip=False)
        os.link(victim, self.dir / ".a.tsv.rejects.jsonl.tmp")
        path = self.write("a.tsv", line() + BAD, is_gzip=False)
        self.load("--max-error-rate", "1", files=[path])
        self.assertEqual(victim.read_bytes(), b"mine\n")
        self.assertTrue((self.dir / "a.tsv.rejects.jsonl").exists())

    def test_it_comes_while_it_is_loaded(self):
        """No other input is stopped by that."""
        it = self.fake()
        it.hold_after(0)
        path = self.write("a.tsv", line(kind="slow") * 3 + BAD, is_gzip=False)
        good = self.write("z.tsv", line(ident="z"), is_gzip=False)
        running = self.start("--max-error-rate", "1", "--processes", "1",
                             "--batch", "1", "--threads", "0",
                             files=[path, good],
                             servers={**self.servers, "slow": it})
        it.wait_held()
        (self.dir / "a.tsv.rejects.jsonl").mkdir()
        it.release()
        result = self.check(running, 1)
        self.assert_file(result, "a.tsv", "failed", "rejects")
        self.assert_file(result, "z.tsv", "done")

    def sock(self, at):
        def make():
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(str(at))
        return make

    def remove(self, at):
        if at.is_dir():
            at.rmdir()
        else:
            at.unlink()


if __name__ == "__main__":
    memc.main()
