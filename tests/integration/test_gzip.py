#!/usr/bin/python3
"""Good and broken gzip files: the status and reason of the file, and what is
kept of the lines before the break. Both inflaters say the same."""

import json
import os
import random
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import broken_off, flipped, generate, member  # noqa: E402

INFLATERS = ("isal", "zlib")
WAYS = ((), ("--batch", "7", "--threads", "2"))
if memc.MODE == "valgrind":  # a run takes a second there
    WAYS = WAYS[1:]
TEXT = generate(60, 31, apps=(1, 10))
MORE = generate(60, 32, apps=(1, 10))


class Gzip(memc.LoadTest):
    shards = records.TYPES

    def load_bytes(self, data, inflate, *args, code=0):
        path = self.write("a.tsv.gz", data, is_gzip=False)
        return path, self.load("--inflate", inflate, *args, files=[path],
                               code=code)

    def assert_good(self, data, text):
        expected = records.read(text)
        for inflate in INFLATERS:
            for args in WAYS:
                with self.subTest(f"{inflate} {args}"):
                    path, result = self.load_bytes(data, inflate, *args)
                    self.assert_counts(result, expected)
                    self.assert_holds(expected.stored(), note=result)
                    self.assert_file(result, path.name, "done")
                    self.assert_renamed(path, result)
                    self.assertEqual(
                        [said for _, said in result.log("W")
                         if "no lines" in said],
                        [] if text else [f"{path}: no lines in it; check "
                                         "where it comes from"])
                    self.flush_all()

    def assert_broken(self, data, reason, text, cut_off=True):
        """The file fails for that reason; `text` is what came out before."""
        expected = records.read(text, cut_off=cut_off)
        for inflate in INFLATERS:
            for args in WAYS:
                with self.subTest(f"{inflate} {args}"):
                    path, result = self.load_bytes(
                        data, inflate, "--max-error-rate", "1", *args,
                        code=1)
                    row = self.assert_file(result, path.name, "failed",
                                           reason)
                    self.assertFalse(row.get("renamed_to"), result)
                    self.assert_kept(path, result)
                    self.assert_counts(result, expected)
                    self.assert_holds(expected.stored(), note=result)
                    for bad in expected.bad:
                        self.assert_line_told(result, path.name, bad.line,
                                              "bad_line")
                        self.assertIn("cut off", result.err)
                    self.assert_offset_told(result)
                    self.flush_all()

    def assert_offset_told(self, result):
        said = [text for _, text in result.log()
                if "a.tsv.gz" in text and "byte" in text]
        self.assertTrue(any(any(c.isdigit() for c in text.split("gz", 1)[1])
                            for text in said), f"no offset told\n{result}")

    # -- good ones

    def test_one_member(self):
        self.assert_good(member(TEXT), TEXT)

    def test_several_members(self):
        self.assert_good(member(TEXT) + member(MORE), TEXT + MORE)

    def test_empty_members_between(self):
        empty = member(b"")
        self.assert_good(
            empty + empty + member(TEXT) + empty + member(MORE) + empty,
            TEXT + MORE)

    def test_a_border_inside_a_line(self):
        for at in (1, 30, TEXT.index(b"\n"), TEXT.index(b"\n") + 1):
            self.assert_good(member(TEXT[:at]) + member(TEXT[at:]), TEXT)

    def test_a_member_for_every_few_bytes(self):
        text = TEXT[:TEXT.index(b"\n", 1500) + 1]
        data = b"".join(member(text[at:at + 3])
                        for at in range(0, len(text), 3))
        self.assert_good(data, text)

    def test_a_border_inside_a_line_end(self):
        text = TEXT.replace(b"\n", b"\r\n")
        at = text.index(b"\n")
        self.assert_good(member(text[:at]) + member(text[at:]), text)

    def test_a_border_inside_the_byte_order_mark(self):
        self.assert_good(member(b"\xef") + member(b"\xbb\xbf" + TEXT), TEXT)

    def test_no_text_at_all(self):
        """Done, but an export that came out empty is not passed over."""
        for data in (member(b""), member(b"") * 3):
            self.assert_good(data, b"")

    def test_headers_with_all_fields(self):
        body = member(TEXT)[10:]
        head = b"\x1f\x8b\x08\x1c" + b"\0" * 6
        extra = b"\x05\x00extra" + b"name.tsv\0" + b"a comment\0"
        self.assert_good(head + extra + body, TEXT)

    def test_stored_blocks(self):
        self.assert_good(member(TEXT, level=0), TEXT)

    # -- broken ones

    def test_broken_off_at_a_line_end(self):
        self.assert_broken(broken_off(TEXT), "truncated", TEXT)

    def test_broken_off_inside_a_line(self):
        text = TEXT + b"idfa\tlast\t1\t2\t3"
        self.assert_broken(broken_off(text), "truncated", text)

    def test_broken_off_in_the_second_member(self):
        text = MORE + b"gaid\tlast"
        self.assert_broken(member(TEXT) + broken_off(text), "truncated",
                           TEXT + text)

    def test_broken_off_in_the_trailer(self):
        for left in (0, 1, 4, 7):
            self.assert_broken(member(TEXT)[:left - 8], "truncated", TEXT)

    def test_broken_off_in_a_header(self):
        for left in (2, 3, 9):
            self.assert_broken(member(TEXT) + member(MORE)[:left],
                               "truncated", TEXT)
            self.assert_broken(member(MORE)[:left], "truncated", b"")

    def test_cut_anywhere_what_was_whole_is_kept(self):
        """At a random byte: never more than zlib can read, never a line that
        was not in the text."""
        rng = random.Random(77)
        data = member(TEXT, 6)
        for _ in range(6):
            at = rng.randrange(20, len(data) - 8)
            self.assert_broken(data[:at], "truncated",
                               records.inflate_all(data[:at]))

    def test_a_wrong_crc(self):
        for text in (TEXT, TEXT[:-1]):
            self.assert_broken(flipped(member(text), -6), "corrupt", text)

    def test_a_wrong_length(self):
        self.assert_broken(flipped(member(TEXT), -2), "corrupt", TEXT)

    def test_a_wrong_crc_ends_the_file(self):
        data = flipped(member(TEXT), -6) + member(MORE)
        self.assert_broken(data, "corrupt", TEXT)

    def test_a_header_of_another_method(self):
        data = bytearray(member(TEXT))
        data[2] = 7
        self.assert_broken(bytes(data), "corrupt", b"")

    def test_bad_blocks(self):
        """A block of the reserved kind, after all of the text."""
        self.assert_broken(broken_off(TEXT) + b"\x07" + b"\xff" * 50,
                           "corrupt", TEXT)

    def test_garbage_behind_the_last_member(self):
        for garbage in (b"garbage", b"\0", b"\0" * 600, b"\x1f",
                        b"\x1fgarbage", b"x" * 100_000):
            with self.subTest(garbage[:8]):
                self.assert_broken(member(TEXT) + garbage, "trailing", TEXT)

    def test_a_wrong_crc_says_how_many_lines_were_loaded(self):
        expected = records.read(TEXT)
        for inflate in INFLATERS:
            with self.subTest(inflate):
                self.flush_all()
                path, result = self.load_bytes(flipped(member(TEXT), -6),
                                               inflate, code=1)
                self.assert_file(result, path.name, "failed", "corrupt")
                self.assert_kept(path, result)
                self.assertRegex(
                    result.err, r"a\.tsv\.gz: failed \(corrupt\): .* wrong "
                    r"CRC; the 60 records before that were stored")
                self.assert_counts(result, expected)
                self.assert_holds(expected.stored(), note=result)

    def test_the_others_go_on(self):
        bad = self.dir / "a.tsv.gz"
        bad.write_bytes(broken_off(TEXT))
        good = self.write("b.tsv.gz", MORE)
        result = self.load(files=[bad, good], code=1)
        self.assert_file(result, "a.tsv.gz", "failed", "truncated")
        self.assert_file(result, "b.tsv.gz", "done")
        self.assert_kept(bad)
        self.assert_renamed(good)
        expected = records.read(TEXT + MORE)
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)


class NotGzip(memc.LoadTest):
    shards = records.TYPES

    def test_neither_gzip_nor_text(self):
        cases = (b"", b"\0", b"\0" * 100_000, b"text\nwith a\0NUL\n",
                 b"x" * 65_535 + b"\0", b"\x1e\x8b\x08\0",
                 b"\x27\xb5\x2f\xfd\x04\x00\x00")
        for at, data in enumerate(cases):
            with self.subTest(data[:20]):
                path = self.write(f"{at}.tsv.gz", data, is_gzip=False)
                result = self.load(files=[path], code=1)
                self.assert_file(result, path.name, "failed", "not_gzip")
                self.assert_counts(result, records.read(b""))
                self.assert_holds({}, note=result)
                self.assert_kept(path, result)

    def test_a_nul_farther_down_is_a_bad_line(self):
        text = generate(700, 8, apps=(20, 30))
        at = text.index(b"\n", 66_000) + 1
        text = text[:at] + b"a\0b\n" + text[at:]
        expected = records.read(text)
        self.assertEqual(expected.rejects, {"bad_line": 1})
        result = self.load(files=[self.write("a.tsv", text, is_gzip=False)])
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored())

    def test_text_with_the_name_of_gzip(self):
        expected = records.read(TEXT)
        path = self.write("a.tsv.gz", TEXT, is_gzip=False)
        result = self.load(files=[path])
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_renamed(path, result)

    def test_text_under_any_name(self):
        expected = records.read(TEXT)
        for name in ("a.tsv", "a.csv", "a"):
            for data in (TEXT, member(TEXT)):
                with self.subTest(name):
                    self.flush_all()
                    path = self.write(name, data, is_gzip=False)
                    result = self.load("--no-rename", files=[path])
                    self.assert_counts(result, expected)
                    self.assert_holds(expected.stored(), note=result)

    def test_one_byte_of_text(self):
        for text in (b"x", b"\x1f"):
            path = self.write("a.tsv.gz", text, is_gzip=False)
            result = self.load(files=[path], code=1)
            self.assert_counts(result, records.read(text))
            self.assertEqual(result.rejects, {"columns": 1})
            self.assert_file(result, path.name, "failed", "error_rate")
            self.assert_kept(path, result)

    def test_empty_standard_input(self):
        running = self.start(files=["-"], stdin=b"")
        running.feed(b"")
        result = self.check(running, code=1)
        self.assert_file(result, "-", "failed", "not_gzip")
        self.assert_counts(result, records.read(b""))


class Samples(memc.LoadTest):
    """data/samples: one file for each fault, with what it should come to."""

    shards = records.TYPES

    def test_each_sample(self):
        directory = memc.ROOT / "data" / "samples"
        table = directory / "samples.json"
        if not table.exists():
            self.skipTest(f"there is no {table}")
        for name, want in json.loads(table.read_text()).items():
            for inflate in INFLATERS:
                with self.subTest(f"{name} {inflate}"):
                    self.check_sample(directory, want, inflate)

    def check_sample(self, directory, want, inflate):
        result = self.load(
            "--inflate", inflate, "--no-rename", "--rejects", self.dir,
            *want.get("options", ()),
            files=[directory / want["file"]], code=want["exit_code"])
        row = result.file()
        for name in ("status", "reason", *self.BOOKS):
            if name in want:
                self.assertEqual(row[name], want[name],
                                 f"{name}\n{result}")
        self.assertEqual(result.rejects, want["rejects"], result)
        self.assertEqual(result.summary["warnings"], want["warnings"])


if __name__ == "__main__":
    memc.main()
