#!/usr/bin/python3
"""Every row of the input table: counted under its reason, told with its
number, and never at the cost of another line."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from records import line  # noqa: E402

# no file of these tests is meant to fail by its error rate (each has a good
# line)
ALL_BAD = ("--max-error-rate", "1")

BAD = [
    ("bad_line", line(ident="nul\0in it")),
    ("bad_line", b"\0\n"),
    ("columns", b"idfa\n"),
    ("columns", b"idfa\tx\t1\t2\n"),
    ("columns", b"idfa\tx\t1\t2\t3\t4\n"),
    ("columns", b"idfa\tx\t1\t2\t3\t\n"),
    ("empty_key", line(kind="")),
    ("empty_key", line(ident="")),
    ("empty_key", line(kind="", ident="")),
    ("bad_key", line(ident="a b")),
    ("bad_key", line(ident=" ")),
    ("bad_key", line(ident="a\x01")),
    ("bad_key", line(ident="a\x7f")),
    ("bad_key", line(ident="a\x1f")),
    ("bad_key", line(ident="\x0b")),
    ("bad_key", line(kind=" idfa")),
    ("bad_key", line(ident="x" * 246)),
    ("bad_key", line(ident="x" * 5000)),
    ("unknown_type", line(kind="ipad")),
    ("unknown_type", line(kind="IDFA")),
    ("unknown_type", line(kind="idf")),
    ("unknown_type", line(kind="idfaa")),
    ("unknown_type", line(kind="id:fa")),
]
for word in ("", " ", "1 ", " 1", "x", "1x", "0x10", "nan", "NaN", "inf",
             "-infinity", "1,5", "1e", "1e+", ".", "-", "+", "--1", "1.2.3",
             "1_0", "1e999", "-1e999", "e5", "1 2", "１"):
    BAD.append(("bad_number", line(lat=word)))
    BAD.append(("bad_number", line(lon=word)))

GOOD = [
    line(ident="x" * 245),
    line(ident="bytes over 0x7f: \xff\xfe".replace(" ", "_").encode("latin-1")),
    line(ident="кириллица"),
    line(ident="a:b"),
    line(ident=":"),
    line(ident="1", lat="90", lon="-180"),
    line(ident="2", end="\r\n"),
    line(ident="3", end="\r"),
    line(ident="4", apps=""),
]


class Rejected(memc.LoadTest):
    shards = ("idfa", "gaid")

    def test_each_kind_alone_between_good_lines(self):
        """One file; a good line before and after each bad one."""
        text, want = b"", []
        for at, (reason, bad) in enumerate(BAD):
            text += line(kind="gaid", ident=f"before{at}") + bad
            want.append((2 * at + 2, reason))
        text += line(kind="gaid", ident="last")
        expected = records.read(text, types=self.shards)
        self.assertEqual([tuple(bad) for bad in expected.bad], want)
        for args in (("--threads", "0"), ("--threads", "3", "--batch", "3")):
            for mode in memc.MODES:
                with self.subTest(f"{mode} {args}"):
                    self.flush_all()
                    path = self.write("a.tsv.gz", text)
                    result = self.load(*ALL_BAD, *args, "--mode", mode,
                                       "--no-rename", files=[path])
                    self.assert_counts(result, expected, mode)
                    self.assert_holds(expected.stored(), note=result)
                    self.assert_file(result, "a.tsv.gz", "done")

    def test_each_kind_is_told_with_its_line(self):
        """Few at a time, so that none is left out of the log."""
        for at in range(0, len(BAD), 3):
            part = BAD[at:at + 3]
            text = line(end="\r\n") + b" \t\n"
            text += b"".join(bad for _, bad in part)
            expected = records.read(text)
            self.flush_all()
            path = self.write(f"part{at}.tsv.gz", text)
            result = self.load(*ALL_BAD, files=[path])
            self.assert_counts(result, expected)
            self.assert_holds(expected.stored(), note=result)
            for number, (reason, bad) in enumerate(part, 3):
                with self.subTest(f"{reason} {bad[:40]}"):
                    self.assert_line_told(result, path.name, number, reason)

    def test_the_log_says_what_is_wrong(self):
        text = line() * 16 + line(lat="x") + line(lon="1,5")
        path = self.write("a.tsv.gz", text)
        result = self.load(*ALL_BAD, files=[path])
        expected = records.read(text)
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)
        self.assertRegex(result.err, r"\] W .*a\.tsv\.gz:17: bad_number: lat")
        self.assertRegex(result.err, r"\] W .*a\.tsv\.gz:18: bad_number: lon")

    def test_the_first_reason_of_the_table_counts(self):
        rows = [
            ("bad_line", b"\0\tx\n"),
            ("columns", b" \t\tnan\n"),
            ("empty_key", line(kind="", ident="a b", lat="x")),
            ("bad_key", line(kind="ipad", ident="a b", lat="x")),
            ("unknown_type", line(kind="ipad", lat="x", apps="x")),
            ("bad_number", line(lat="x", apps="x")),
            ("bad_number", line(lat="999", lon="x", apps="x")),
        ]
        text = b"".join(row for _, row in rows) + line()
        expected = records.read(text, strict=True)
        self.assertEqual([bad.reason for bad in expected.bad],
                         [reason for reason, _ in rows])
        path = self.write("a.tsv.gz", text)
        result = self.load(*ALL_BAD, "--strict", files=[path])
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)
        for number, (reason, _) in enumerate(rows, 1):
            self.assert_line_told(result, path.name, number, reason)

    def test_a_bad_key_is_never_sent(self):
        it = self.fake()
        keys = ["a b", "x" * 247, "a\x01", "\x7f",
                "x\x0bset evil 0 0 1", "x" * 240 + " 0 0 1"]
        text = b"".join(line(ident=key) for key in keys) + line(ident="good")
        expected = records.read(text)
        for mode in memc.MODES:
            with self.subTest(mode):
                it.sets.clear()
                it.items.clear()
                path = self.write("a.tsv.gz", text)
                result = self.load(*ALL_BAD, "--mode", mode, files=[path],
                                   servers={"idfa": it})
                self.assert_counts(result, expected, mode)
                self.assertEqual(result.rejects, {"bad_key": len(keys)})
                self.assertEqual(it.keys_set(), {b"idfa:good"})
                self.assertEqual(it.items, expected.stored()["idfa"])

    def test_blank_lines(self):
        text = b"\n \n\t\t\t\t\n \t \r\n\r" + line() + b"   "
        expected = records.read(text)
        self.assertEqual((expected.lines, expected.blank), (7, 6))
        for batch in ("1", "2", "20000"):
            self.flush_all()
            result = self.load("--batch", batch,
                               files=[self.write("a.tsv.gz", text)])
            self.assert_counts(result, expected)
            self.assert_holds(expected.stored())

    def test_long_lines(self):
        limit = 2000
        spare = limit - len(line(apps="")) + 1
        text = b"".join([
            line(ident="1", apps="1" + ",1" * ((spare - 1) // 2)),
            b"x" * (limit + 1) + b"\n",
            line(ident="2"),
            b" " * (3 * limit) + b"\n",
            b"y" * 700_000 + b"\r\n",
            line(ident="3"),
            line(ident="4", apps="1," * limit + "1"),
            line(ident="5"),
            b"z" * (limit + 1),
        ])
        expected = records.read(text, max_line=limit)
        self.assertEqual(expected.rejects, {"bad_line": 4})
        self.assertEqual((expected.blank, len(expected.items)), (1, 4))
        for args in ((), ("--threads", "2", "--batch", "2")):
            self.flush_all()
            path = self.write("a.tsv.gz", text)
            result = self.load(*ALL_BAD, "-v", "--max-line", str(limit),
                               *args, files=[path])
            self.assert_counts(result, expected)
            self.assert_holds(expected.stored())
            for bad in expected.bad:
                self.assert_line_told(result, path.name, bad.line, "bad_line")

    def test_the_line_limit_to_the_byte(self):
        base = len(line(ident="", apps="", end=""))
        for limit in (1000, 1 << 20):
            ends = ("\n", "\r\n", "\r", "")
            text = b""
            for n, end in enumerate(ends):
                for over in (0, 1):
                    apps = "9" * (limit - base - 1 + over)
                    text += line(ident=str(n), apps=apps,
                                 end=end if over else end or "\n")
            expected = records.read(text, max_line=limit)
            self.assertEqual(expected.rejects, {"bad_line": 4})
            with self.subTest(limit):
                self.flush_all()
                path = self.write("a.tsv.gz", text)
                result = self.load(*ALL_BAD, "--max-line", str(limit),
                                   files=[path])
                self.assert_counts(result, expected)
                self.assert_holds(expected.stored())

    def test_strict_refuses_what_is_skipped_otherwise(self):
        rows = ["1,x", "1,,2", "-1", "4294967296", "1.0", "1;2", "0x1",
                "99999999999999999999999", "1 2", "+1"]
        text = b"".join(line(ident=str(n), apps=apps)
                        for n, apps in enumerate(rows))
        text += line(ident="good", apps="0, 00017 ,4294967295")
        for strict in (False, True):
            with self.subTest(f"strict: {strict}"):
                expected = records.read(text, strict=strict)
                path = self.write("a.tsv.gz", text)
                result = self.load(*ALL_BAD, *(["--strict"] * strict),
                                   files=[path])
                self.assert_counts(result, expected)
                self.assert_holds(expected.stored())
                if strict:
                    self.assertEqual(expected.rejects,
                                     {"bad_app": len(rows)})
                    self.assert_line_told(result, path.name, 3, "bad_app")
                self.flush_all()


class Accepted(memc.LoadTest):
    shards = ("idfa",)

    def test_what_is_fine_is_stored(self):
        text = b"".join(GOOD)
        expected = records.read(text)
        self.assertEqual((expected.bad, expected.blank), ([], 0))
        for mode in memc.MODES:
            with self.subTest(mode):
                self.flush_all()
                result = self.load("--mode", mode,
                                   files=[self.write("a.tsv.gz", text)])
                self.assert_counts(result, expected, mode)
                self.assert_holds(expected.stored(), note=result)

    def test_out_of_range_is_stored_and_counted_once_a_line(self):
        text = b"".join([
            line(ident="1", lat="90.0000001"), line(ident="2", lat="-91"),
            line(ident="3", lon="180.5"), line(ident="4", lon="-181"),
            line(ident="5", lat="137.4", lon="1e300"),
            line(ident="6", lat="90", lon="180"),
            line(ident="7", lat="-90", lon="-180"),
        ])
        expected = records.read(text)
        self.assertEqual(expected.out_of_range, 5)
        result = self.load(files=[self.write("a.tsv.gz", text)])
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored())
        self.assert_file(result, "a.tsv.gz", "done")

    def test_skipped_ids_are_counted_one_by_one(self):
        text = line(ident="1", apps="1,x,y,2") + line(ident="2", apps="z")
        expected = records.read(text)
        self.assertEqual(expected.skipped_app, 3)
        result = self.load(files=[self.write("a.tsv.gz", text)])
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored())
        self.assert_file(result, "a.tsv.gz", "done")

    def test_other_shards_other_types(self):
        """--shard with a name of its own: the four defaults are gone."""
        text = line(kind="ipad") + line(kind="idfa")
        path = self.write("a.tsv.gz", text)
        result = self.load(*ALL_BAD, files=[path],
                           servers={"ipad": self.servers["idfa"]})
        expected = records.read(text, types=("ipad",))
        self.assert_counts(result, expected)
        self.assert_holds({"idfa": expected.stored()["ipad"]})
        self.assertEqual([s["name"] for s in result.summary["shards"]],
                         ["ipad"])


class TooLarge(memc.LoadTest):
    """Refused before it is sent: a refused set deletes the old value."""

    shards = ("idfa",)
    server_args = ("-I", "512k")
    LIMIT = 512 << 10

    def sized(self, ident, total):
        """A line whose key, value and overhead are so many bytes."""
        left = total - records.ITEM_OVERHEAD - len(f"idfa:{ident}") - 18
        # an app is 2 bytes (1) or 3 (128)
        apps = ["128"] * (left % 2) + ["1"] * (left // 2 - left % 2)
        return line(ident=ident, apps=",".join(apps))

    def test_to_the_byte(self):
        old = line(ident="large") + line(ident="later")
        text = (self.sized("exact", self.LIMIT)
                + self.sized("large", self.LIMIT + 1)
                + line(ident="small")
                + self.sized("later", self.LIMIT + 5000)
                + line(ident="later", apps="7"))
        expected = records.read(text, item_max=self.LIMIT)
        self.assertEqual([tuple(bad) for bad in expected.bad],
                         [(2, "too_large"), (4, "too_large")])
        held = records.read(old).stored()["idfa"]
        held.update(expected.stored()["idfa"])
        server = self.servers["idfa"]
        for mode in memc.MODES:
            with self.subTest(mode):
                self.flush_all()
                self.load(files=[self.write("old.tsv.gz", old)])
                sets = server.counter("cmd_set")
                large = server.counter("store_too_large")
                path = self.write("a.tsv.gz", text)
                result = self.load(*ALL_BAD, "--mode", mode, files=[path])
                self.assert_counts(result, expected, mode)
                self.assert_holds({"idfa": held}, note=result)
                self.assert_line_told(result, path.name, 2, "too_large")
                self.assertEqual(server.sets_after(sets),
                                 len(expected.items))
                self.assertEqual(server.counter("store_too_large"), large)

    def test_a_window_smaller_than_an_item(self):
        text = b"".join(self.sized(f"{n}", self.LIMIT - n) + line(ident=f"s{n}")
                        for n in range(3))
        expected = records.read(text, item_max=self.LIMIT)
        self.assertEqual(expected.bad, [])
        for mode in memc.MODES:
            with self.subTest(mode):
                self.flush_all()
                result = self.load("--mode", mode, "--window", "1KiB",
                                   files=[self.write("a.tsv.gz", text)])
                self.assert_counts(result, expected, mode)
                self.assert_holds(expected.stored())

    def test_each_server_has_its_own_limit(self):
        small = self.fake(item_size_max=1024)
        fits = self.sized("1", 1024).replace(b"idfa", b"gaid")
        other = self.sized("3", 1025)
        text = (fits + self.sized("2", 1025).replace(b"idfa", b"gaid")
                + other)
        result = self.load(*ALL_BAD, files=[self.write("a.tsv.gz", text)],
                           servers={**self.servers, "gaid": small})
        self.assertEqual(result.rejects, {"too_large": 1})
        self.assertEqual((result.totals["lines"], result.totals["stored"]),
                         (3, 2), result)
        self.assert_line_told(result, "a.tsv.gz", 2, "too_large")
        self.assertEqual(small.keys_set(), {b"gaid:1"})
        self.assertEqual(small.items, records.read(fits).stored()["gaid"])
        self.assert_holds(records.read(other).stored(), note=result)

    def test_a_server_that_refuses_all_the_same(self):
        """Its word counts: rejected, not failed, and not tried again."""
        def script(request):
            if request.key == b"idfa:no":
                return fake.refuse(b"SERVER_ERROR object too large for cache")

        text = (line(ident="1") + line(ident="no") + line(ident="2")
                + line(ident="no", apps="9"))
        want = records.read(text).stored()["idfa"]
        del want[b"idfa:no"]
        # of each line: once in its window, in multi once more, with a reply
        for mode, tries in (("multi", 4), ("set", 2)):
            with self.subTest(mode):
                it = self.fake(script)
                path = self.write("a.tsv.gz", text)
                # however slow the machine: nothing is sent again for that
                result = self.load(*ALL_BAD, "--mode", mode, "--timeout",
                                   "60000", files=[path],
                                   servers={"idfa": it})
                self.assertEqual(result.rejects, {"too_large": 2}, result)
                self.assertEqual(
                    (result.totals["lines"], result.totals["stored"]), (4, 2),
                    result)
                self.assertEqual(it.items, want)
                self.assert_line_told(result, path.name, 2, "too_large")
                self.assert_line_told(result, path.name, 4, "too_large")
                self.assertEqual(sum(r.key == b"idfa:no" for r in it.sets),
                                 tries)


class ErrorRate(memc.LoadTest):
    shards = ("idfa",)

    def rate(self, good, bad, limit, blank=0):
        text = (b"".join(line(ident=str(n)) for n in range(good))
                + b"x\n" * bad + b"\n" * blank)
        expected = records.read(text)
        self.flush_all()
        path = self.write("a.tsv.gz", text)
        result = self.load("--max-error-rate", limit, files=[path], code=None)
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)
        return path, result

    def fails(self, *args, **more):
        path, result = self.rate(*args, **more)
        self.assertEqual(result.code, 1, result)
        self.assert_file(result, "a.tsv.gz", "failed", "error_rate")
        self.assert_kept(path, result)
        return result

    def passes(self, *args, **more):
        path, result = self.rate(*args, **more)
        self.assertEqual(result.code, 0, result)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_renamed(path, result)
        path.with_name("." + path.name).unlink()
        return result

    def test_at_the_limit_it_fails(self):
        result = self.fails(1, 1, "0.5")
        self.assertAlmostEqual(result.file()["error_rate"], 0.5)
        self.fails(99, 1, "0.01")
        self.fails(3, 1, "0.25")

    def test_below_it_passes(self):
        self.passes(1, 1, "0.51")
        result = self.passes(100, 1, "0.01")
        self.assertAlmostEqual(result.file()["error_rate"], 1 / 101, 5)

    def test_blank_lines_do_not_dilute(self):
        self.fails(1, 1, "0.5", blank=50)

    def test_without_a_bad_line_it_never_fails(self):
        self.passes(3, 0, "0")
        self.passes(0, 0, "0")
        self.passes(0, 0, "0", blank=3)

    def test_rate_0_fails_by_one_line(self):
        self.fails(300, 1, "0")

    def test_the_default_is_one_in_a_hundred(self):
        text = b"".join(line(ident=str(n)) for n in range(99)) + b"x\n"
        for at, (text, code) in enumerate(((text, 1), (text + line(), 0))):
            self.flush_all()
            expected = records.read(text)
            result = self.load(files=[self.write(f"{at}.tsv.gz", text)],
                               code=code)
            self.assert_counts(result, expected)
            self.assert_holds(expected.stored(), note=result)


class Samples(memc.LoadTest):
    """The samples that come with the program."""

    shards = records.TYPES

    def test_good_samples_load_as_they_are(self):
        pattern = memc.ROOT / "data" / "appsinstalled" / "*.tsv.gz"
        files = sorted(pattern.parent.glob(pattern.name))
        if not files:
            self.skipTest(f"nothing matches {pattern}")
        result = self.load("--pattern", pattern, "--no-rename")
        self.assertEqual([row["path"] for row in result.summary["files"]],
                         [str(path) for path in files])
        want, lines = {}, 0
        for path in files:
            expected = records.read(records.inflate_all(path.read_bytes()))
            lines += expected.lines
            for kind, items in expected.stored().items():
                for key, value in items.items():
                    want.setdefault(kind, {}).setdefault(key, set()).add(value)
        self.assertEqual(result.totals["lines"], lines)
        for kind, keys in want.items():
            got = self.servers[kind].items(keys)
            for key, values in keys.items():
                self.assertIn(got.get(key), values, key)


if __name__ == "__main__":
    memc.main()
