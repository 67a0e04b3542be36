#!/usr/bin/python3
"""What `init` makes of tables of many kinds: what it guesses, what it writes,
and that all of it loads as it is."""

import gzip
import os
import pathlib
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

ROOT = pathlib.Path(__file__).resolve().parents[2]

import memc  # noqa: E402
from records import generate  # noqa: E402


def table(rows, delimiter="\t"):
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows)


class InitTest(memc.LoadTest):
    shards = ("cache",)

    def put(self, name, text):
        raw = text if isinstance(text, bytes) else text.encode()
        path = self.dir / name
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    def init(self, path, *args, code=0):
        running = memc.Running(["init", *args, path], self.dir, None, None,
                               None, None, None, ())
        self.addCleanup(running.kill)
        result = running.finish()
        self.assertEqual(result.code, code, result)
        return result

    def guess(self, name, text, *args):
        """The Result, the texts of the mapping and the .proto."""
        path = self.put(name, text)
        result = self.init(path, "--output", "t", *args)
        return (result, (self.dir / "t.yml").read_text(),
                (self.dir / "t.proto").read_text())

    def fields(self, proto):
        """{name: type} of the message."""
        return {name: kind for kind, name in re.findall(
            r"^  ((?:repeated |optional )?\w+) (\w+) = \d+;", proto, re.M)}

    def loads(self, name, lines, *args):
        """Loads the file by what was written, without edits."""
        result = self.load("--mapping", self.dir / "t.yml", "--no-rename",
                           *args, files=[self.dir / name])
        self.assertEqual(result.totals["stored"], lines, result)
        self.assertEqual(result.totals["rejected"], 0, result)
        return result

    def value(self, key):
        """What protoc makes of the item, by the .proto that was written."""
        raw = self.servers["cache"].items([key.encode()])[key.encode()]
        done = subprocess.run(
            ["protoc", "--decode=T", "-I", self.dir, self.dir / "t.proto"],
            input=raw, capture_output=True, timeout=60, check=True)
        return " ".join(done.stdout.decode().splitlines())


class Kinds(InitTest):
    """A dozen kinds of tables, each guessed and loaded."""

    def test_the_default_record(self):
        name = "20170929000000.tsv.gz"
        _, mapping, proto = self.guess(name, generate(2000, 3))
        self.assertEqual(self.fields(proto), {
            "column1": "string", "column2": "string", "column3": "double",
            "column4": "double", "column5": "repeated int32"})
        self.assertIn("columns: [column1, column2, column3, column4, column5]",
                      mapping)
        self.assertIn('column5: {column: column5, split: ","', mapping)
        self.assertIn('key: "{column2}"', mapping)
        self.loads(name, 2000)

    def test_csv_with_a_header_and_quotes(self):
        rows = "id,name,joined,score,is active\n" + "".join(
            f'{i},"Name, {i} ""x""",2024-0{1 + i % 9}-11,{i / 4},'
            f'{"true" if i % 2 else "false"}\n' for i in range(1, 201))
        result, mapping, proto = self.guess("users.csv", rows)
        self.assertRegex(result.out, r"(?m)^lines   201 of 201 have 5 columns "
                         r"between commas, some in quotes$")
        self.assertRegex(result.out, r"(?m)^header  yes: ")
        self.assertEqual(self.fields(proto), {
            "id": "int64", "name": "string", "joined": "int64",
            "score": "double", "is_active": "bool"})
        self.assertIn('time: "%Y-%m-%d"', mapping)
        self.assertIn('is_active: "is active"\n', mapping)
        self.assertIn('key: "{id}"', mapping)
        self.loads("users.csv", 200)
        self.assertEqual(self.value("3"), r'id: 3 name: "Name, 3 \"x\"" '
                         'joined: 1712793600 score: 0.75 is_active: true')

    def test_one_broken_quote_among_many(self):
        """It is one bad line; the other quotes still mean what they do."""
        good = [f'{i},"N, {i}",1.25\n' for i in range(1, 501)]
        for at in (0, 250, 500):
            with self.subTest(at):
                rows = good[:at] + ['999,"Bob, x,3.00\n'] + good[at:]
                for old in ("t.yml", "t.proto"):
                    (self.dir / old).unlink(missing_ok=True)
                result, mapping, proto = self.guess(
                    "a.csv", "id,name,price\n" + "".join(rows))
                self.assertIn("format: csv", mapping)
                self.assertIn("header: true", mapping)
                self.assertIn('key: "{id}"', mapping)
                self.assertEqual(self.fields(proto), {
                    "id": "int64", "name": "string", "price": "double"})
                self.assertIn(f"; line {at + 2} has none: wrong quotes",
                              result.out)
                self.assertIn("would be rejected: bad_line", result.out)
                self.assertIn("Tried: of 501 lines, 500 would be stored",
                              result.out)
                self.assertIn("lines   501 of 502 have 3 columns", result.out)

    def test_one_broken_quote_in_a_small_file(self):
        result, mapping, _ = self.guess(
            "a.csv", 'id,name,price\n1,Ann,2.50\n2,"Bob, x,3.00\n3,Cy,4.00\n'
            "4,Di,5.25\n5,Ed,1.00\n")
        self.assertIn("lines   5 of 6 have 3 columns between commas, some in "
                      "quotes; line 3 has none: wrong quotes\n", result.out)
        self.assertIn("format: csv", mapping)
        self.assertIn('key: "{id}"', mapping)
        self.assertIn("Tried: of 5 lines, 4 would be stored; line 3 is the "
                      "first that would be rejected: bad_line", result.out)

    def test_line_ends_in_quotes(self):
        rows = "id,text\n" + "".join(f'{i},"two\nlines"\n'
                                     for i in range(300))
        self.guess("a.csv", rows)
        self.loads("a.csv", 300)
        self.assertEqual(self.value("7"), r'id: 7 text: "two\nlines"')

    def test_semicolons_and_decimal_commas(self):
        """A decimal comma is no number here; it stays as it is."""
        rows = "id;preis;datum\n" + "".join(
            f"{i};{i},5;{1 + i % 28:02}.03.2024\n" for i in range(100))
        result, mapping, proto = self.guess("preise.csv", rows)
        self.assertIn("between semicolons", result.out)
        self.assertEqual(self.fields(proto), {
            "id": "int64", "preis": "string", "datum": "int64"})
        self.assertIn('delimiter: ";"', mapping)
        self.assertIn('time: "%d.%m.%Y"', mapping)
        self.loads("preise.csv", 100)
        self.assertEqual(self.value("2"),
                         'id: 2 preis: "2,5" datum: 1709424000')

    def test_vertical_bars_and_lists(self):
        rows = table(([f"u{i}", ";".join("abc"[:1 + i % 3]), " ".join(
            str(n) for n in range(i % 4 + 1)), i - 50] for i in range(200)),
            "|")
        result, mapping, proto = self.guess("a.psv", rows)
        self.assertIn("between vertical bars", result.out)
        self.assertEqual(self.fields(proto), {
            "column1": "string", "column2": "repeated string",
            "column3": "repeated int32", "column4": "sint64"})
        self.assertIn('column3: {column: column3, split: " "}', mapping)
        self.loads("a.psv", 200)

    def test_tags_are_a_list_of_texts(self):
        tags = ("rush", "night", "pool", "long-haul")
        rows = "trip\ttags\n" + table(
            (f"t{i}", "|".join(tags[:i % 5])) for i in range(150))
        _, mapping, proto = self.guess("a.tsv", rows)
        self.assertEqual(self.fields(proto), {
            "trip": "string", "tags": "repeated string"})
        self.assertIn('tags: {column: tags, split: "|"}', mapping)
        self.loads("a.tsv", 150)
        self.assertEqual(self.value("t2"),
                         'trip: "t2" tags: "rush" tags: "night"')
        self.assertEqual(self.value("t0"), 'trip: "t0"')

    def test_empty_columns_are_left_out(self):
        rows = "id,n,text,when\n" + "".join(
            f'{i},{i * 100000 if i % 3 else ""},{"x" if i % 2 else ""},'
            f'{"2024-05-01 10:00:00" if i % 4 else ""}\n' for i in range(100))
        result, mapping, proto = self.guess("a.csv", rows)
        self.assertEqual(self.fields(proto), {
            "id": "int64", "n": "optional int64", "text": "string",
            "when": "optional int64"})
        self.assertIn("empty in 34 of 100 lines", mapping)
        self.assertIn("empty in 34 of 100 lines", result.out)
        self.loads("a.csv", 100)
        self.assertEqual(self.value("4"), "id: 4 n: 400000")
        self.assertEqual(self.value("5"), 'id: 5 n: 500000 text: "x" '
                         'when: 1714557600')

    def test_digits_that_are_no_number(self):
        """Zeros in front, a plus, more digits than a number keeps."""
        rows = "id\tzip\tphone\tserial\tbig\n" + table(
            (i, f"{i:05}", f"+7916{i:07}", 10 ** 25 + i, 2 ** 64 - 1 - i)
            for i in range(100))
        _, _, proto = self.guess("a.tsv", rows)
        self.assertEqual(self.fields(proto), {
            "id": "int64", "zip": "string", "phone": "string",
            "serial": "string", "big": "uint64"})
        self.loads("a.tsv", 100)
        self.assertEqual(
            self.value("1"), 'id: 1 zip: "00001" phone: "+79160000001" '
            f'serial: "{10 ** 25 + 1}" big: {2 ** 64 - 2}')

    def test_times_of_many_formats(self):
        formats = ("2024-01-31 23:59:{s:02}", "2024-01-31T23:59:{s:02}Z",
                   "1/31/2024 11:59:{s:02} PM", "31.01.2024 23:59:{s:02}",
                   "31/Jan/2024:23:59:{s:02} +0000",
                   "2024-01-31 23:59:{s:02}.25")
        rows = "id\t" + "\t".join("abcdef") + "\n" + table(
            [i] + [text.format(s=i) for text in formats] for i in range(60))
        _, mapping, proto = self.guess("a.tsv", rows)
        self.assertEqual(set(self.fields(proto).values()), {"int64"})
        self.assertIn("unit: us", mapping)
        self.loads("a.tsv", 60)
        self.assertEqual(self.value("7"), "id: 7 " + " ".join(
            f"{name}: 1706745547" for name in "abcde") +
            " f: 1706745547250000")

    def test_a_day_or_a_month_first(self):
        """Doubt is told where no value decides."""
        doubt = "is assumed to come first; it could be the"
        for last, form, told in (("04/05/2024", "%-m/%-d/%Y", True),
                                 ("3/13/2024", "%-m/%-d/%Y", False),
                                 ("13/03/2024", "%-d/%-m/%Y", False)):
            rows = "id,day\n" + "".join(
                f"{i},0{1 + i % 9}/02/2024\n" for i in range(9)) + f"9,{last}\n"
            with self.subTest(last):
                for old in ("t.yml", "t.proto"):
                    (self.dir / old).unlink(missing_ok=True)
                result, mapping, _ = self.guess("a.csv", rows)
                self.assertIn(f'time: "{form}"', mapping)
                self.assertEqual(doubt in result.out, told, result.out)

    def test_no_utf8_is_bytes(self):
        rows = b"".join(b"%d\tcaf\xe9 %d\n" % (i, i) for i in range(50))
        _, mapping, proto = self.guess("a.tsv", rows)
        self.assertEqual(self.fields(proto)["column2"], "bytes")
        self.assertIn("not UTF-8 in 50 of 50 lines", mapping)
        self.loads("a.tsv", 50)
        self.assertEqual(self.value("9"),
                         r'column1: 9 column2: "caf\351 9"')

    def test_line_ends_of_every_kind_and_a_byte_order_mark(self):
        rows = b"\xef\xbb\xbfid,n\r\n" + b"".join(
            b"%d,%d\r\n" % (i, i * 10) for i in range(50)) + b"99,5"
        _, _, proto = self.guess("a.csv", rows)
        self.assertEqual(list(self.fields(proto)), ["id", "n"])
        self.loads("a.csv", 51)

    def test_names_that_protobuf_does_not_take(self):
        names = ("2nd Name", "Ärger", "a-b", "A_B", "%", "message", "null",
                 "tripDistance", "id")
        rows = ",".join(names) + "\n" + "".join(
            ",".join([f"x{i}"] * 8 + [str(i)]) + "\n" for i in range(20))
        _, _, proto = self.guess("a.csv", rows)
        self.assertEqual(list(self.fields(proto)), [
            "column_2nd_name", "rger", "a_b", "a_b_2", "column5", "message",
            "null", "trip_distance", "id"])
        self.loads("a.csv", 20)

    def test_a_header_of_no_use_is_skipped(self):
        """The first column of many a table has no name."""
        rows = ",n,n\n" + "".join(f"{i},{i % 7},{i / 2}\n" for i in range(40))
        result, mapping, _ = self.guess("a.csv", rows)
        self.assertIn("skip_header: true", mapping)
        self.assertIn('columns: [column1, "n", n_2]', mapping)
        self.assertRegex(result.out, r"(?m)^header  yes: ")
        self.loads("a.csv", 40)

    def test_one_column(self):
        _, mapping, _ = self.guess("a.txt", table([f"word{i}"]
                                                  for i in range(30)))
        self.assertIn('key: "{column1}"', mapping)
        self.loads("a.txt", 30)

    def test_a_wide_table(self):
        names = [f"c{i}" for i in range(60)]
        rows = ",".join(names) + "\n" + "".join(
            ",".join(str(i * 100 + k) for k in range(60)) + "\n"
            for i in range(100))
        _, _, proto = self.guess("a.csv", rows)
        self.assertEqual(list(self.fields(proto)), names)
        self.loads("a.csv", 100)

    def test_json_in_quotes_and_addresses(self):
        rows = "id,doc,url\n" + "".join(
            f'{i},"{{""a"": [1, {i}]}}",http://x/{i}?a=1;b=2\n'
            for i in range(40))
        _, _, proto = self.guess("a.csv", rows)
        self.assertEqual(set(self.fields(proto).values()),
                         {"int64", "string"})
        self.loads("a.csv", 40)
        self.assertEqual(self.value("3"), r'id: 3 doc: "{\"a\": [1, 3]}" '
                         'url: "http://x/3?a=1;b=2"')


class Judgement(InitTest):
    def test_a_few_odd_values_do_not_make_a_number_a_text(self):
        rows = "id\tn\n" + table((i, "n/a" if i == 999 else i * 70000)
                                 for i in range(2000))
        result, mapping, proto = self.guess("a.tsv", rows)
        self.assertEqual(self.fields(proto)["n"], "int64")
        self.assertIn('1 of another kind, as "n/a" in line 1,001', mapping)
        self.assertIn("1,999 would be stored; line 1,001 is the first that "
                      "would be rejected: bad_number: n", result.out)

    def test_many_odd_values_do(self):
        rows = "id\tn\n" + table((i, "n/a" if i % 100 == 50 else i)
                                 for i in range(2000))
        _, mapping, proto = self.guess("a.tsv", rows)
        self.assertEqual(self.fields(proto)["n"], "string")
        self.assertIn('a number but for 20 of 2,000, as "n/a" in line 52',
                      mapping)
        self.loads("a.tsv", 2000)

    def test_comments_fit_a_page(self):
        rows = "id\twords\n" + table((i, "\u00e4" * 9 + f" no. {i % 11}")
                                     for i in range(90))
        _, mapping, _ = self.guess("a.tsv", rows)
        self.assertIn("no. 10", mapping)
        for said in mapping.splitlines():
            if said.lstrip().startswith("#"):
                self.assertLessEqual(len(said), 80, said)

    def test_the_head_of_a_mapping_fills_its_lines(self):
        path = self.put("a.csv", "id,n\n1,2\n2,3\n")
        self.init(path.name)
        self.assertTrue((self.dir / "a.yml").read_text().startswith(
            "# What the columns of a.csv mean, for memc_load: a guess from its "
            "first 3 lines.\n# Read it, correct it, and see what would be "
            "stored:\n#   memc_load explain --mapping a.yml a.csv\n"))

    def test_few_values_are_named(self):
        rows = "id\tcolor\n" + table((i, ("red", "green")[i % 2])
                                     for i in range(50))
        _, mapping, _ = self.guess("a.tsv", rows)
        self.assertIn("# one of: red, green\n", mapping)

    def test_a_value_with_commas_is_shown_as_one(self):
        rows = "id\tsizes\n" + table((i, ("S,M,L", "X,Y,Z")[i % 2])
                                      for i in range(50))
        result, mapping, _ = self.guess("a.tsv", rows)
        self.assertIn('# one of: "S,M,L", "X,Y,Z"\n', mapping)
        self.assertIn('one of: "S,M,L", "X,Y,Z"\n', result.out)

    def test_small_numbers_that_repeat_are_32_bits(self):
        """Others may grow: ids, sums."""
        rows = "id\tn\tm\n" + table((i, i % 5, i * 31) for i in range(1000))
        _, _, proto = self.guess("a.tsv", rows)
        self.assertEqual(self.fields(proto), {"id": "int64", "n": "int32",
                                              "m": "int64"})

    def test_a_first_line_like_the_others_is_no_header(self):
        result, mapping, _ = self.guess("a.tsv", table(
            (f"x{i}", f"y{i}", f"z{i}") for i in range(20)))
        self.assertRegex(result.out, r"(?m)^header  no: ")
        self.assertNotIn("header: true", mapping)
        self.loads("a.tsv", 20)

    def test_a_title_above_the_table(self):
        rows = "Report of May\n" + table((i, i * 2, "x") for i in range(40))
        _, mapping, _ = self.guess("a.tsv", rows)
        self.assertIn("skip_header: true", mapping)
        self.loads("a.tsv", 40)

    def test_a_key_of_several_columns(self):
        """No column differs in all lines: two of them together do."""
        rows = "shop,day,sum\n" + "".join(
            f"s{i % 20},{i // 20},{i * 7919 % 97}\n" for i in range(400))
        result, mapping, _ = self.guess("a.csv", rows)
        self.assertIn('key: "{shop}:{day}"', mapping)
        self.assertIn("{shop}:{day} (a guess): differs in 400 of 400 lines",
                      result.out)
        self.loads("a.csv", 400)

    def test_a_key_that_is_called_so_wins(self):
        rows = "name,trip_id\n" + "".join(f"n{i},{i}\n" for i in range(50))
        _, mapping, _ = self.guess("a.csv", rows)
        self.assertIn('key: "{trip_id}"', mapping)

    def test_no_column_makes_all_lines_differ(self):
        rows = "a,b\n" + "1,2\n" * 30 + "1,3\n" * 30
        result, mapping, _ = self.guess("a.csv", rows)
        self.assertIn("differs in 2 of 60 lines", result.out)
        self.assertIn("of lines with the same key the last one stays", mapping)
        self.loads("a.csv", 60)

    def test_an_id_that_is_missing_in_a_line_is_the_key_all_the_same(self):
        result, mapping, proto = self.guess(
            "a.csv", "id,qty,region\nA1,1,eu\nA2,1,us\n,1,eu\nA4,1,us\n"
            "A5,1,us\n")
        self.assertIn("key     {id} (a guess): differs in 4 of 5 lines\n"
                      "        line 4 would be rejected (empty_key)\n",
                      result.out)
        self.assertNotIn("overwrite", result.out)
        self.assertIn('# line 4 would be rejected (empty_key)\n'
                      'key: "{id}"\n', mapping)
        self.assertEqual(self.fields(proto)["id"], "string")
        self.assertIn("4 would be stored; line 4 is the first that would be "
                      "rejected: empty_key", result.out)

    def test_ids_that_are_missing_in_few_of_many_lines(self):
        """In one of a hundred; more of them are another matter."""
        for missing, key in ((10, "id"), (20, "other")):
            rows = "id,other,n\n" + "".join(
                f"{'' if i % 1000 < missing else i},x{i},7\n"
                for i in range(1000))
            with self.subTest(missing):
                for old in ("t.yml", "t.proto"):
                    (self.dir / old).unlink(missing_ok=True)
                result, mapping, proto = self.guess("a.csv", rows)
                self.assertIn(f'key: "{{{key}}}"', mapping)
                if key == "id":
                    self.assertEqual(self.fields(proto)["id"], "int64")
                    self.assertIn("10 lines have no such key, line 2 the "
                                  "first: they would be rejected (empty_key)",
                                  result.out)

    def test_a_key_that_would_overwrite_is_told_loudly(self):
        said = "3 of 5 lines would overwrite others: give a key that differs"
        result, mapping, _ = self.guess(
            "a.csv", "qty,region\n1,eu\n1,us\n1,eu\n1,us\n1,us\n")
        self.assertIn("differs in 2 of 5 lines\n"
                      f"        {said}\n", result.out)
        self.assertIn(f"would be stored.\nBut {said}.\n", result.out)
        self.assertIn(f"# {said}\n", mapping)

    def test_only_the_first_lines_are_looked_at(self):
        rows = "id\tn\n" + table((i, i) for i in range(12000)) + "x\ty\n"
        result, _, _ = self.guess("a.tsv", rows)
        self.assertIn("10,000 of 10,000", result.out)

    def test_random_tables_load(self):
        """Whatever cells hold, what was written loads them."""
        make = random.Random(7)
        cells = (lambda: str(make.randint(-10 ** 6, 10 ** 12)),
                 lambda: f"{make.uniform(-9, 9):.6f}", lambda: "",
                 lambda: make.choice(("a", "b,c", 'q"q', "x y", "\u00e4")),
                 lambda: ";".join(str(make.randint(0, 9))
                                  for _ in range(make.randint(1, 5))),
                 lambda: f"20{make.randint(10, 30)}-0{make.randint(1, 9)}-15")
        for turn in range(12):
            kinds = [make.choice(cells) for _ in range(make.randint(2, 12))]
            # a column in three is of all kinds at once
            rows = ["id," + ",".join(f"c{i}" for i in range(len(kinds)))]
            for i in range(300):
                row = [str(i)]
                for at, kind in enumerate(kinds):
                    cell = (make.choice(cells) if at % 3 == 2 else kind)()
                    row.append('"' + cell.replace('"', '""') + '"'
                               if make.random() < .5 or '"' in cell
                               or "," in cell else cell)
                rows.append(",".join(row))
            with self.subTest(turn):
                for old in ("t.yml", "t.proto"):
                    (self.dir / old).unlink(missing_ok=True)
                self.guess("a.csv", "\n".join(rows) + "\n")
                self.loads("a.csv", 300)


class Files(InitTest):
    def test_names_come_of_the_file(self):
        path = self.put("yellow trips-2024.csv.gz", "id,n\n1,2\n2,3\n")
        result = self.init(path)
        self.assertIn("Wrote yellow_trips-2024.yml and "
                      "yellow_trips-2024.proto.", result.out)
        self.assertIn("message YellowTrips2024 {",
                      (self.dir / "yellow_trips-2024.proto").read_text())
        self.assertIn(f"  memc_load explain --mapping yellow_trips-2024.yml "
                      f"'{path}'\n", result.out)

    def test_nothing_is_overwritten(self):
        path = self.put("a.tsv", table((i, i) for i in range(9)))
        for name, other in (("a.yml", "a.proto"), ("a.proto", "a.yml")):
            with self.subTest(name):
                (self.dir / name).write_text("mine")
                result = self.init(path, code=2)
                self.assertEqual(
                    result.err, f"memc_load: {name} exists already and is "
                    "not overwritten: give --output another name, or "
                    "move it\n")
                self.assertEqual((self.dir / name).read_text(), "mine")
                self.assertFalse((self.dir / other).exists())
                (self.dir / name).unlink()

    def test_output_elsewhere(self):
        path = self.put("a.tsv", table((i, i) for i in range(9)))
        (self.dir / "sub").mkdir()
        self.init(path, "--output", "sub/x")
        self.assertIn("proto: x.proto",
                      (self.dir / "sub" / "x.yml").read_text())
        self.init(path, "--output", "nowhere/x", code=3)

    def test_no_table(self):
        rows = (("it has no lines", b"\n \n"),
                ("it has no line of data", b"id,n\n"),
                ("this is not a table", b"".join(
                    b"x" * i + b"\t" * (i % 7) + b"," * (i % 5) + b"\n"
                    for i in range(99))),
                ("not_gzip", b"\0\0"), ("not_gzip", b""),
                ("no column can be a key", b"a b\tc d\n" * 9))
        for said, raw in rows[:1] + rows[2:]:
            with self.subTest(said):
                result = self.init(self.put("a.tsv", raw), code=1)
                self.assertIn(said, result.err)
                self.assertEqual(list(self.dir.glob("a.[yp]*")), [])

    def test_files_that_are_none(self):
        fifo = self.dir / "fifo"
        os.mkfifo(fifo)
        for path, said in (("-", "save standard input to one"),
                           (self.dir / "none", "No such file"),
                           (self.dir, "a directory"), (fifo, "a pipe")):
            with self.subTest(said):
                self.assertIn(said, self.init(path, code=1).err)

    def test_one_file(self):
        path = self.put("a.tsv", "1\t2\n")
        result = self.init(path, "b.tsv", code=2)
        self.assertIn("init takes one FILE", result.err)

    def test_a_broken_file_is_guessed_from_what_there_is(self):
        raw = gzip.compress(table((i, random.Random(i).random())
                                  for i in range(3000)).encode())
        path = self.dir / "a.tsv.gz"
        path.write_bytes(raw[:-2000])
        result = self.init(path)
        self.assertIn("truncated", result.err)
        self.assertIn("guessing from what came before that", result.err)
        self.assertTrue(pathlib.Path(self.dir / "a.yml").exists())

    def test_without_protoc(self):
        """It is said at once, and what to do."""
        path = self.put("a.tsv", table((i, i) for i in range(9)))
        running = memc.Running(["init", path], self.dir, None, None,
                               {"PATH": "/nowhere"}, None, None, ())
        self.addCleanup(running.kill)
        result = running.finish()
        self.assertEqual(result.code, 0, result)
        self.assertIn("They cannot be used yet", result.out)
        self.assertIn("protobuf-compiler", result.out)

    def test_full_disk(self):
        path = self.put("a.tsv", table((i, i) for i in range(9)))
        running = memc.Running(["init", path], self.dir, None, None, None,
                               None, ["sh", "-c", '"$0" "$@" > /dev/full'],
                               ())
        self.addCleanup(running.kill)
        self.assertEqual(running.finish().code, 3)


class Readme(InitTest):
    """"Your own data in five minutes", as it stands there."""

    def test_what_it_shows_is_true(self):
        text = (ROOT / "README.md").read_text()
        section = text.split("## Your own data in five minutes\n")[1]
        blocks = re.findall(r"^```\n(.*?)^```\n", section.split("\n## ")[0],
                            re.M | re.S)
        rows, init = re.fullmatch(
            r"\$ cat trips\.csv\n(.*?\n)\n\$ memc_load init trips\.csv\n(.*)",
            blocks[0], re.S).groups()
        self.put("trips.csv", rows)
        self.assertEqual(self.init("trips.csv").out, init)
        mapping = (self.dir / "trips.yml").read_text()
        for part in blocks[1].split("\n\n"):
            self.assertIn(part.rstrip("\n"), mapping)
        running = memc.Running(
            ["explain", "--mapping", "trips.yml", "--lines", "1", "trips.csv"],
            self.dir)
        self.addCleanup(running.kill)
        self.assertEqual(running.finish().out, blocks[2].split("\n", 1)[1])
        self.load("--mapping", self.dir / "trips.yml", "--no-rename",
                  files=[self.dir / "trips.csv"])
        result = self.load("get", "--mapping", self.dir / "trips.yml", "9003",
                           summary=False)
        shown = blocks[3].splitlines()[-1]
        self.assertEqual(result.out.split(" - ", 1)[1].rstrip("\n"),
                         shown.split(" - ", 1)[1])


if __name__ == "__main__":
    memc.main()
