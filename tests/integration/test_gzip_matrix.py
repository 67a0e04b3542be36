#!/usr/bin/python3
"""A small file of several members, cut off at every byte and with every single
bit turned over, what may follow it, and files of other formats: hundreds of
files a run, of which CI makes a share. Each file's verdict, counts and offset are those of a reading by
Python's zlib, the servers hold what the summary calls stored, byte for byte,
and nothing else, and a file is renamed or kept as its verdict says."""

import bz2
import hashlib
import io
import lzma
import os
import re
import sys
import tarfile
import zipfile
import zlib

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402
from records import line, member  # noqa: E402

INFLATERS = ("isal", "zlib")
# of truncated data ISA-L may leave the last few bytes out (source/gzip.h)
LEFT_OUT = range(3)


def members(name):
    """A line in stored blocks, an empty member, and lines in a block with code
    tables of its own: a border inside a line. The keys tell the file's name so
    that no flipped bit makes one of another file's."""
    ident = hashlib.md5(name.encode()).hexdigest()[:16]
    text = b"".join(line(kind=kind, ident=f"{ident}{kind}", lat="55.5",
                         apps="1423,43,567")
                    for kind in records.TYPES)
    return (member(text[:60], level=0) + member(b"")
            + member(text[60:], level=9)), text


def other_formats(text):
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.tsv", text)
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        entry = tarfile.TarInfo("a.tsv")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return {
        "xz": lzma.compress(text), "bzip2": bz2.compress(text),
        "lzma": lzma.compress(text, format=lzma.FORMAT_ALONE),
        "zip": zipped.getvalue(), "tar": tarred.getvalue(),
        "zlib": zlib.compress(text), "deflate": zlib.compress(text)[2:-4],
        "compress": b"\x1f\x9d\x90" + bytes(range(128, 256)) * 3,
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1",
        "pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "html": b"<!doctype html>\n",
        "elf": b"\x7fELF\x02\x01\x01" + b"\0" * 9,
        "utf-16": text.decode().encode("utf-16"),
        "gzip in gzip": member(member(text)),
        "zeros": b"\0" * 70_000, "nothing": b"",
    }


def trailers(text):
    good = member(text)
    return {
        "nul": good + b"\0", "nuls": good + b"\0" * 511, "lf": good + b"\n",
        "text": good + text, "half-magic": good + b"\x1f",
        "other-magic": good + b"\x1f\x9d", "magic": good + b"\x1f\x8b",
        "short-header": good + member(text)[:9],
        "zstd": good + b"\x28\xb5\x2f\xfd\0", "zip": good + b"PK\3\4",
        "wrong-method": good + b"\x1f\x8b\7" + b"\0" * 20,
        "reserved-flag": good + b"\x1f\x8b\x08\xe0" + b"\0" * 20,
    }


def end_of_members(data):
    """Where the last of whole members ends."""
    rest = data
    while rest[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(31)
        unpacker.decompress(rest)
        rest = unpacker.unused_data
    return len(data) - len(rest)


class Matrix(memc.LoadTest):
    shards = records.TYPES

    def setUp(self):
        super().setUp()
        self.data = {}
        self.wanted = {}  # name: (reason, text, problem)

    def add(self, name, data):
        name = f"{name}.tsv.gz"
        self.data[name] = data
        self.wanted[name] = records.judge_gzip(data)

    def readings(self, name, inflate):
        """What the file may come to: [(reason, Expected)]"""
        reason, text, _ = self.wanted[name]
        least = LEFT_OUT if inflate == "isal" and reason == "truncated" else (0,)
        return [(reason, records.read(text[:len(text) - n] if n else text,
                                      cut_off=reason is not None))
                for n in least if n <= len(text)]

    def assert_row(self, row, inflate, result):
        """One of the readings is what the summary says of the file; it."""
        name = os.path.basename(row["path"])
        readings = self.readings(name, inflate)
        for reason, expected in readings:
            if (reason is None and expected.bad
                    and len(expected.bad) == expected.lines - expected.blank):
                reason = "error_rate"
            want = {"lines": expected.lines, "blank": expected.blank,
                    "rejected": len(expected.bad), "failed": 0, "sent": 0,
                    "stored": len(expected.items)}
            if (want == {key: row[key] for key in want}
                    and (row.get("reason") or None) == reason
                    and row["status"] == ("failed" if reason else "done")):
                return expected
        self.fail(f"{name}, {inflate}: {row}, wanted {self.wanted[name][0]} "
                  f"after {self.wanted[name][1]!r}\n{result.err[-3000:]}")

    def assert_settled(self, name, row, said, result):
        """Done and renamed, or failed, kept and told why."""
        path = self.dir / name
        if row["status"] == "done":
            self.assert_renamed(path, result)
            self.assertNotIn(name, said)
            return
        self.assert_kept(path, result)
        self.assertFalse(row["renamed_to"], name)
        reason, why = said[name]
        self.assertEqual(reason, row["reason"], name)
        self.assert_offset(name, reason, why)

    def assert_offset(self, name, reason, why):
        """Where it breaks off, ends or has its first NUL byte is known; where
        it is found corrupt only to be inside of it."""
        data, verdict = self.data[name], self.wanted[name][0]
        told = [int(number.replace(",", ""))
                for number in re.findall(r"byte ([\d,]*\d)", why)]
        if reason == "error_rate" or not data:
            want = []
        elif reason == "truncated":
            want = [len(data)]
        elif reason == "not_gzip":
            want = [data.index(b"\0")]
        elif reason == verdict == "trailing":
            want = [end_of_members(data)]
        else:
            self.assertEqual(len(told), 1, (name, why))
            want = told if told[0] < len(data) else "less than its size"
        self.assertEqual(told, want, (name, why))

    def run_all(self, inflate, names):
        for name in names:
            self.write(name, self.data[name], is_gzip=False)
        # whole lines of broken files are kept whatever the rate of bad ones
        result = self.load(
            "--inflate", inflate, "--max-error-rate", "1", "-q",
            files=[self.dir / name for name in names],
            deadline=memc.patience(120),
            code=1 if any(self.wanted[n][0] for n in names) else None)
        rows = {os.path.basename(row["path"]): row
                for row in result.summary["files"]}
        self.assertEqual(set(rows), set(names))
        said = {name: (reason, why) for name, reason, why in re.findall(
            r"E .*/([^/]+): failed \((\w+)\): (.*)", result.err)}
        for name in names:
            self.assert_settled(name, rows[name], said, result)
        return rows, result

    def check_files(self, inflate, names):
        rows, result = self.run_all(inflate, names)
        want = {}
        for name in names:
            expected = self.assert_row(rows[name], inflate, result)
            for kind, items in expected.stored().items():
                self.assertFalse(set(items) & set(want.get(kind, ())), name)
                want.setdefault(kind, {}).update(items)
        self.assert_holds(want)

    def check_unlike(self, inflate, names):
        """Files of which ISA-L gives more text than zlib: they fail, keep
        what zlib has of them, and what is called stored is there."""
        before = self.sets()
        rows, result = self.run_all(inflate, names)
        for name in names:
            row, (_, text, _) = rows[name], self.wanted[name]
            self.assertEqual(row["status"], "failed", result)
            self.assertIn(row["reason"], ("corrupt", "truncated", "trailing"))
            expected = records.read(text, cut_off=True)
            self.assertGreaterEqual(row["lines"], expected.lines, name)
            self.assertGreaterEqual(row["stored"], len(expected.items), name)
            self.assertEqual((row["failed"], row["sent"]), (0, 0), name)
            for kind, items in expected.stored().items():
                self.assertEqual(self.servers[kind].items(items), items)
        # each is a set that the servers counted
        self.assertEqual(
            self.sets() - before - len(self.servers) * servers.CANARY_SETS,
            result.totals["stored"])
        held = sum(len(server.keys()) for server in self.servers.values())
        # a line may have come twice, a key never from nowhere
        self.assertLessEqual(held, result.totals["stored"])

    def sets(self):
        return sum(server.counter("cmd_set")
                   for server in self.servers.values())

    def assert_reasons(self, found, all_of_them):
        """A share may miss some."""
        self.assertLessEqual(found, all_of_them)
        if memc.SHARE == memc.SHRINK == 1:
            self.assertEqual(found, all_of_them)

    def check_all(self):
        for inflate in INFLATERS:
            with self.subTest(inflate):
                unlike = [name for name, want in self.wanted.items()
                          if inflate == "isal" and any(
                              problem in want[2]
                              for problem in records.TABLE_PROBLEMS)]
                self.flush_all()
                self.check_files(inflate, [name for name in self.wanted
                                     if name not in unlike])
                if unlike:
                    self.flush_all()
                    self.check_unlike(inflate, unlike)

    def test_cut_off_at_every_byte(self):
        size = len(members("")[0])
        for at in memc.share(range(size + 1), slow=8):
            name = f"cut{at}"
            self.add(name, members(name)[0][:at])
        reasons = {want[0] for want in self.wanted.values()}
        self.assert_reasons(
            reasons, {"not_gzip", "truncated", None, "trailing"})
        self.check_all()

    def test_every_bit_turned_over(self):
        size = len(members("")[0]) * 8
        for bit in memc.share(range(size), slow=37):
            name = f"bit{bit}"
            data = bytearray(members(name)[0])
            data[bit // 8 % len(data)] ^= 1 << bit % 8
            self.add(name, bytes(data))
            verdict, text, _ = self.wanted[f"{name}.tsv.gz"]
            if verdict is None:  # a bit that means nothing
                self.assertEqual(text, members(name)[1])
        reasons = {want[0] for want in self.wanted.values()}
        self.assert_reasons(reasons, {"corrupt", "not_gzip", "truncated", None,
                                      "trailing"})
        self.check_all()

    def test_what_may_follow(self):
        for name in trailers(b""):
            self.add(name, trailers(members(name)[1])[name])
        self.check_all()

    def test_other_formats(self):
        for name, data in other_formats(members("other")[1] * 2).items():
            self.add(name, data)
        for name in ("xz", "bzip2", "zip", "nothing"):
            self.assertEqual(self.wanted[f"{name}.tsv.gz"][0], "not_gzip")
        self.check_all()
        for inflate in INFLATERS:
            _, result = self.run_all(inflate, list(self.wanted))
            self.assertEqual(result.totals["stored"], 0, result)
            self.assertEqual(result.totals["files_done"], 0, result)


if __name__ == "__main__":
    memc.main()
