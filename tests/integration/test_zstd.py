#!/usr/bin/python3
"""Zstandard: frames of every making, from files and standard input, cut off,
damaged, with more behind them. Packed by the zstd of the machine."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import generate, member  # noqa: E402

LINES = 3000
TEXT = generate(LINES, 41, apps=(0, 30))
SKIPPED = b"\x51\x2a\x4d\x18\4\0\0\0skip"
# an empty block that wants dictionary 7
WITH_DICTIONARY = b"\x28\xb5\x2f\xfd\1\x40\7\1\0\0"


def zstd(text, *args):
    return subprocess.run(["zstd", "-q", "-c", *args], input=text,
                          stdout=subprocess.PIPE, check=True,
                          timeout=memc.patience(30)).stdout


def unzstd(data, *args):
    return subprocess.run(["zstd", "-q", "-dc", *args], input=data,
                          stdout=subprocess.PIPE, check=True,
                          timeout=memc.patience(30)).stdout


def whole_blocks(data):
    """The text of those blocks that are whole in the start of a frame: that
    of a frame that ends behind them."""
    if len(data) > 4:
        assert data[4] == 4, "more than a checksum, or not one"
    at, end = None, 6
    while end + 3 <= len(data):
        head = int.from_bytes(data[end:end + 3], "little")
        size = 3 + (1 if head >> 1 & 3 == 1 else head >> 3)  # 1: a run
        if end + size > len(data):
            break
        at, end = end, end + size
        if head & 1:
            break
    if at is None:
        return b""
    frame = bytearray(data[:end])
    frame[4] = 0
    frame[at] |= 1
    return unzstd(frame)


class Zstd(memc.LoadTest):
    shards = records.TYPES

    def load_bytes(self, data, *args, code=0):
        path = self.write("a.tsv.zst", data, is_gzip=False)
        result = self.load("--max-error-rate", "1", *args, files=[path],
                           code=code)
        return path, result

    def assert_whole(self, data, text=TEXT):
        self.flush_all()
        expected = records.read(text)
        path, result = self.load_bytes(data)
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)
        self.assert_renamed(path)
        (path.parent / f".{path.name}").unlink()

    def assert_broken(self, data, reason, message, text=TEXT):
        """`text`, which came out before, is stored and counted but for an
        unfinished line; nothing else."""
        self.flush_all()
        expected = records.read(text, cut_off=True)
        path, result = self.load_bytes(data, code=1)
        row = self.assert_file(result, path.name, "failed", reason)
        self.assertRegex(result.err, message)
        self.assertFalse(row["renamed_to"], result)
        self.assert_kept(path, result)
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)

    def test_frames_of_every_making(self):
        third = TEXT[:len(TEXT) // 3 + 7]  # a border inside a line
        rest = TEXT[len(third):]
        for name, data in {
                "level 1": zstd(TEXT, "-1"), "level 19": zstd(TEXT, "-19"),
                "ultra": zstd(TEXT, "--ultra", "-22"),
                "a long window": zstd(TEXT, "--long=27"),
                "fast": zstd(TEXT, "--fast=10"),
                "without sums": zstd(TEXT, "--no-check"),
                "small blocks": zstd(TEXT, "-B1"),
                "two frames": zstd(third) + zstd(rest),
                "skippable ones": SKIPPED + zstd(third) + SKIPPED + zstd(rest)
                                  + SKIPPED,
                "empty ones": zstd(b"") + zstd(TEXT) + zstd(b""),
        }.items():
            with self.subTest(name):
                self.assert_whole(data)

    def test_no_text(self):
        for data in (zstd(b""), SKIPPED):
            self.assert_whole(data, b"")

    def test_its_name_does_not_matter(self):
        expected = records.read(TEXT)
        path = self.write("a.tsv.gz", zstd(TEXT), is_gzip=False)
        result = self.load(files=[path])
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored())

    def test_from_standard_input(self):
        expected = records.read(TEXT)
        for name, data in (("zstd", zstd(TEXT)), ("gzip", member(TEXT)),
                           ("text", TEXT)):
            with self.subTest(name):
                self.flush_all()
                result = self.load(files=["-"], stdin=data)
                self.assert_counts(result, expected)
                self.assert_holds(expected.stored(), note=result)

    def test_verified_afterwards(self):
        path = self.write("a.tsv.zst", zstd(TEXT), is_gzip=False)
        self.load(files=[path])
        result = self.verify(files=[path])
        self.assertEqual(result.summary["verify"]["matched"], LINES, result)

    def test_cut_off(self):
        data = zstd(TEXT, "-B1")
        texts = set()
        for at in (6, 100, len(data) // 2, len(data) - 5, len(data) - 1):
            with self.subTest(at):
                text = whole_blocks(data[:at])
                texts.add(text)
                self.assert_broken(
                    data[:at], "truncated",
                    rf"the zstd data is truncated: .* byte {at:,}, inside ",
                    text)
        # nothing, a block, all but the last one, all of them
        self.assertEqual(len(texts), 4)
        self.assertIn(TEXT, texts)

    def test_damaged(self):
        good = zstd(TEXT)
        for name, more in (("block", b"\0\x40\7\0\0"),
                           ("header", b"\x08\x40\1\0\0")):
            with self.subTest(name):
                self.assert_broken(
                    good + b"\x28\xb5\x2f\xfd" + more, "corrupt",
                    "the zstd data is corrupt at byte ")

    def test_a_wrong_checksum_says_how_many_lines_were_loaded(self):
        data = bytearray(zstd(TEXT))
        data[-1] ^= 1
        self.assert_broken(
            bytes(data), "corrupt",
            r"wrong checksum; the 3,000 records before that were stored")

    def test_what_may_not_follow(self):
        good = zstd(TEXT)
        for more in (b"\n", b"\0" * 20, b"\x28\xb5\x2f", TEXT, member(TEXT)):
            with self.subTest(more[:9]):
                self.assert_broken(
                    good + more, "trailing",
                    rf"ends before byte {len(good):,}, what follows is not ")

    def test_a_window_too_large(self):
        text = TEXT * 2
        # the input's size is not known, so the window stays what was asked
        data = zstd(text, "--long=28")
        good = zstd(TEXT)
        for before, stored in ((b"", b""), (good, TEXT)):
            with self.subTest(len(before)):
                self.assert_broken(
                    before + data, "not_gzip", rf"byte {len(before):,} needs a "
                    r"window of more than 128 MiB \(zstd -dc --long=31 "
                    r"unpacks it\)", stored)
        self.flush_all()
        expected = records.read(text)
        result = self.load(files=["-"], stdin=unzstd(data, "--long=31"))
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)

    def test_a_dictionary(self):
        good = zstd(TEXT)
        for before, stored in ((b"", b""), (good, TEXT)):
            with self.subTest(len(before)):
                self.assert_broken(
                    before + WITH_DICTIONARY, "not_gzip",
                    rf"byte {len(before):,} needs a dictionary "
                    r"\(zstd -dc -D FILE unpacks it\)", stored)


class Endless(memc.LoadTest):
    shards = records.TYPES

    def test_a_bomb_takes_no_memory(self):
        """A gigabyte of one letter in a line, in 100 KB."""
        megabytes = memc.scale(1024)
        line = b"idfa\t1\t2\t3\t4\n"
        last = line.replace(b"1", b"2")
        # a run of 128 KiB, which is the window, is four bytes
        run = ((128 << 10) << 3 | 1 << 1).to_bytes(3, "little") + b"x"
        end = (1).to_bytes(3, "little")
        data = (zstd(line) + b"\x28\xb5\x2f\xfd\0\x38" + run * megabytes * 8
                + end + zstd(b"\n" + last))
        path = self.write("a.tsv.zst", data, is_gzip=False)
        out = self.dir / "rss"
        result = self.load("--max-error-rate", "1", files=[path],
                           deadline=memc.patience(120),
                           command=memc.launcher(out))
        row = self.assert_file(result, path.name, "done")
        self.assertEqual((row["lines"], row["stored"], row["rejected"]),
                         (3, 2, 1), result)
        self.assert_line_told(result, path.name, 2, "bad_line")
        self.assert_holds(records.read(line + last).stored(), note=result)
        self.assert_renamed(path, result)
        if memc.MODE == "release":
            self.assertLessEqual(int(out.read_text()), 64 << 10, result)


if __name__ == "__main__":
    memc.main()
