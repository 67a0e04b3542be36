#!/usr/bin/python3
"""A gallery of mappings with one mistake each, as newcomers make them, and
what is said of each: where it is, what is wrong, and what to do. And those of
the man page, which have none. No server is needed."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROG = os.environ["MEMC_LOAD"]
DEADLINE_S = 60

GOOD = """\
input: {format: csv, columns: [shop, id, placed, paid, lat, items]}
record:
  proto: shop.proto
  message: shop.Order
  fields:
    id: id
    placed: {column: placed, time: "%Y-%m-%d"}
    paid: paid
    geo.lat: {column: lat, range: [-90, 90], outside: warn}
    items: {column: items, split: ","}
key: "{shop}:{id}"
route: {column: shop}
servers: {a: "h:1"}
"""

PROTOS = {
    "shop.proto": """\
syntax = "proto3";
package shop;
message Geo { double lat = 1; double lon = 2; }
enum Kind { KIND_UNKNOWN = 0; BOOK = 1; }
message Line { string sku = 1; }
message Order {
  string id = 1;
  int64 placed = 2;
  bool paid = 3;
  Kind kind = 4;
  Geo geo = 5;
  repeated uint32 items = 6;
  map<string, int32> stock = 7;
  bytes digest = 8;
  repeated Line lines = 9;
  oneof by { string card = 10; string cash = 11; }
}
""",
    "bad.proto": 'syntax = "proto3";\nmessage X { strng a = 1; }\n',
    "must.proto": """\
syntax = "proto2";
message Must { required string id = 1; optional int64 placed = 2; }
""",
}

# what the man page's first example is of
TRIPS = """\
syntax = "proto3";
package taxi;
message Place { double lat = 1; double lon = 2; }
message Trip {
  string id = 1;
  uint32 passengers = 2;
  int64 picked_up = 3;
  Place from = 4;
  repeated string tags = 5;
  optional string note = 6;
}
"""

# (what of GOOD is replaced, by what), what is said behind "m.yml:"
SECTIONS = [
    ("input:", "inputs:", '1:1: unknown key "inputs"; did you mean "input"?'),
    ('key: "{shop}:{id}"\n', "",
     '1:1: a mapping needs "key": the key of each line, such as key: '
     '"user:{id}"'),
    ("route: {column: shop}\n", "",
     '1:1: a mapping needs "route": the shard of each line: {column: NAME}, '
     "or {hash: key}"),
    ('{a: "h:1"}', '{a: "h"}',
     '13:14: a: "h" is no address: no port (host:port, [v6]:port or '
     "unix:/path)"),
    ("record:\n", "record:\n  message: shop.Geo\n",
     '5:3: "message" stands here twice (first on line 3)'),
    ("record:\n", "record:\n\tproto: x.proto\n",
     "3:1: found character that cannot start any token while scanning for the "
     "next token (a tab: indent by blanks)"),
    ('"{shop}:{id}"', "{shop}:{id}",
     "11:12: did not find expected key while parsing a block mapping (put a "
     "text with { or } in it in quotes, and begin the keys of one map in one "
     "column)"),
]

INPUT = [
    ("format: csv", "format: cvs",
     '1:17: format: "cvs" is not known; it is tsv or csv; did you mean "csv"?'),
    ("format: csv", "formt: csv",
     '1:9: unknown key "formt" in input; did you mean "format"?'),
    ("shop, id,", "shop, id, id,",
     '1:42: column "id" stands here twice; a column that is not used may be '
     "called _, any number of times"),
    ("format: csv,", "format: csv, delimiter: ab,",
     '1:33: delimiter is one byte in quotes, such as ";", or "\\t" for a tab'),
    ("items]}", "items], header: true}",
     "1:77: header: true takes the names from each file's first line, and "
     "columns says them, too; leave out one, or say skip_header: true instead "
     "of header"),
    (", columns: [shop, id, placed, paid, lat, items]", "",
     "1:8: it is not said which columns there are: give input: {columns: "
     "[...]}, or input: {header: true} when the first line of each file names "
     "them"),
]

RECORD = [
    ("shop.proto", "shp.proto",
     "3:10: cannot read shp.proto: No such file or directory"),
    ("shop.proto", "bad.proto",
     '3:10: bad.proto: protoc says: bad.proto:2:13: "strng" is not defined.'),
    ("proto: shop.proto", "descriptor: shop.proto",
     "3:15: shop.proto: this is text, no descriptor set: for a .proto file, "
     "say `proto:` instead of `descriptor:`"),
    ("shop.Order", "Order",
     '4:12: there is no message "Order"; did you mean "shop.Order"?'),
    ("  message: shop.Order\n", "",
     "3:3: record needs message: NAME; there are shop.Geo, shop.Line, "
     "shop.Order"),
    ("record:\n", "record:\n  format: xml\n",
     '3:11: format: "xml" is not known; it is protobuf, json or raw'),
    ("record:\n", "record:\n  format: json\n",
     "4:10: proto is for format: protobuf; leave it out, or the format"),
    ("record:\n", "record:\n  flags: -1\n",
     "3:10: flags is a number from 0 to 4294967295"),
    ("record:\n", "record:\n  column: id\n",
     "3:11: column is for format: raw; say under fields which column is which "
     "field"),
    ("  fields:", "  field:",
     '5:3: unknown key "field" in record; did you mean "fields"?'),
]

FIELDS = [
    ("    id: id", "    idd: id",
     '6:5: message shop.Order has no field "idd"; did you mean "id"?'),
    ("    id: id", "    id: idd",
     '6:9: input.columns has no column "idd"; did you mean "id"?'),
    ("    id: id", "    id:",
     '6:8: field "id" needs a column: id: NAME, or id: {column: NAME, ...}'),
    ("    id: id", "    id: {colum: id}",
     '6:10: unknown key "colum" in a field; did you mean "column"?'),
    ("    id: id", "    id: {column: id, constant: x}",
     '6:32: field "id" has both a column and a constant; leave out one'),
    ("    id: id", "    id: {column: id, range: [0, 1]}",
     '6:29: range is for numbers; field "id" is a string'),
    ("    id: id", "    id: {column: id, split: ','}",
     '6:29: split is for repeated fields and maps; field "id" is a string'),
    ("    id: id", "    id: {column: id, encoding: hex}",
     '6:32: encoding is for bytes; field "id" is a string'),
    ("    paid: paid", "    paid: {column: paid, empty: skp}",
     '8:33: empty: "skp" is not known; it is reject, skip or default; did you '
     'mean "skip"?'),
    ("    paid: paid", "    paid: {constant: maybe}",
     '8:22: constant: "maybe" is no good value for "paid", a bool'),
    ("    paid: paid", "    geo: paid",
     '8:5: "geo" is a message shop.Geo: say which column is which of its '
     "fields, such as geo.lat: COLUMN"),
    ("    paid: paid", "    geo.latt: paid",
     '8:5: message shop.Geo has no field "latt"; did you mean "lat"?'),
    ("    paid: paid", "    geo.lat: paid",
     '9:5: "geo.lat" stands here twice (first on line 8)'),
    ("    paid: paid", "    id.x: paid",
     '8:5: "id" is a string: nothing is inside of it'),
    ("    paid: paid", "    lines.sku: paid",
     '8:5: "lines" is a repeated message shop.Line: fields inside a list of '
     "messages cannot be filled from a line"),
    ("    paid: paid", "    stock: paid",
     '8:5: "stock" is a map: say what stands between its entries and between '
     'key and value, such as {column: NAME, split: ",", pair: ":"}'),
    ("    paid: paid", "    card: {constant: a}\n    cash: {constant: b}",
     "9:22: two constants are members of oneof by, which can have one"),
    ('time: "%Y-%m-%d"', 'time: "%H"',
     '7:36: time: "%H" makes no time: it says no year: %Y, %y or %s'),
    ('time: "%Y-%m-%d"', "unit: ms",
     '7:36: unit belongs to time: give time: "%Y-%m-%d %H:%M:%S" or whatever '
     "the format is, too"),
    ("range: [-90, 90]", "range: [90, -90]",
     "9:35: range: nothing is between 90 and -90; the smaller one stands "
     "first"),
    ("range: [-90, 90]", "range: [-90]",
     "9:35: range is [LOW, HIGH], such as [0, 100]"),
    ("range: [-90, 90], ", "",
     "9:37: outside says what becomes of values outside a range; give range: "
     "[LOW, HIGH], too"),
    ('split: ","', 'split: ""',
     "10:35: split needs the text that stands between, in quotes, such as "
     '","'),
    ('split: ","', "bad_item: drop",
     '10:38: bad_item: "drop" is not known; it is reject or skip'),
    ("proto: shop.proto\n  message: shop.Order\n  fields:\n    id: id",
     "proto: must.proto\n  message: Must\n  fields:",
     '7:5: message Must has no field "paid"; it has id, placed'),
]

KEY_AND_ROUTE = [
    ('"{shop}:{id}"', '"{shop}:{idd}"',
     '11:6: input.columns has no column "idd"; did you mean "id"?'),
    ('"{shop}:{id}"', '"{shop:{id}"',
     '11:6: key "{shop:{id}": a { is not closed; a column is {NAME}, and {{ is '
     "a brace"),
    ('"{shop}:{id}"', "fixed",
     '11:6: key "fixed": no column is in it, so all lines would have the same '
     "key; write {NAME}"),
    ('"{shop}:{id}"', '"{shop} {id}"',
     '11:6: key "{shop} {id}": no key can hold blanks or control characters; '
     "leave them out"),
    ("{column: shop}", "{column: shp}",
     '12:17: input.columns has no column "shp"; did you mean "shop"?'),
    ("{column: shop}", "shop",
     "12:8: route is {column: NAME}, whose values are the names of servers, "
     "or {hash: key}"),
    ("{column: shop}", "{hash: id}",
     '12:15: hash: "id" is not known; it is key'),
]

# what is said is no place's
OF_NO_PLACE = [
    ('servers: {a: "h:1"}\n', "",
     'm.yml names no servers: add a section "servers: {NAME: HOST:PORT}" or '
     "give --shard NAME=HOST:PORT"),
    ('{column: shop}\nservers: {a: "h:1"}',
     '{hash: key}\nservers: {a: "h:1", b: "h:2"}',
     "m.yml:12:8: route: {hash: key} spreads keys over the addresses of one "
     "shard, but there are 2: a, b; put all addresses into one: \"servers: {NAME: "
     "[HOST:PORT, HOST:PORT]}\" or --shard NAME=HOST:PORT,HOST:PORT"),
]


class Gallery(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.dir)
        for name, text in PROTOS.items():
            (self.dir / name).write_text(text, "utf-8")
        (self.dir / "x.csv").write_text("a,1,2026-01-31,true,1.5,\"1,2\"\n",
                                        "utf-8")

    def run_with(self, mapping, *words):
        (self.dir / "m.yml").write_text(mapping, "utf-8")
        return subprocess.run(
            [PROG, "--mapping", "m.yml", "--dry", "--no-rejects", *words,
             "x.csv"], capture_output=True, text=True, timeout=DEADLINE_S,
            stdin=subprocess.DEVNULL, cwd=self.dir, check=False)

    def show(self, rows, front="m.yml:"):
        for old, new, said in rows:
            with self.subTest(instead_of=old, there_is=new):
                self.assertEqual(GOOD.count(old), 1)
                done = self.run_with(GOOD.replace(old, new))
                self.assertEqual(
                    (done.returncode, done.stdout, done.stderr),
                    (2, "", f"memc_load: {front}{said}\n"
                     "Try 'memc_load --help'.\n"))

    def test_the_one_without_a_mistake_is_taken(self):
        done = self.run_with(GOOD)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_sections(self):
        self.show(SECTIONS)

    def test_input(self):
        self.show(INPUT)

    def test_record(self):
        self.show(RECORD)

    def test_fields(self):
        self.show(FIELDS)

    def test_key_and_route(self):
        self.show(KEY_AND_ROUTE)

    def test_what_no_place_is_to_blame_for(self):
        self.show(OF_NO_PLACE, front="")

    def test_a_required_field_that_is_left_out(self):
        mapping = """\
input: {columns: [id, placed]}
record:
  proto: must.proto
  message: Must
  fields:
    placed: placed
key: "{id}"
route: {hash: key}
servers: {all: "h:1"}
"""
        done = self.run_with(mapping)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(
            done.stderr.splitlines()[0], 'memc_load: m.yml:6:5: message Must '
            'requires the field "id"; say which column it is, or give it a '
            "constant")

    def test_columns_of_the_command_line(self):
        """What names a column that they lack is told by them."""
        done = self.run_with(GOOD, "--columns", "shop,id,placed,paid,lat")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, 'm.yml:10:21: .*"items"')


class ManPage(unittest.TestCase):
    def test_its_examples_are_taken(self):
        """What is wrong then is that the file to load is not there."""
        text = (ROOT / "man/memc_load-mapping.5").read_text("utf-8")
        examples = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", text,
                              re.M | re.S)
        self.assertEqual(len(examples), 3)
        with tempfile.TemporaryDirectory() as directory:
            where = pathlib.Path(directory)
            (where / "trips.proto").write_text(TRIPS, "utf-8")
            for example in examples:
                with self.subTest(example=example):
                    (where / "m.yml").write_text(example, "utf-8")
                    done = subprocess.run(
                        [PROG, "--mapping", "m.yml", "--dry", "none.csv"],
                        capture_output=True, text=True, timeout=DEADLINE_S,
                        cwd=where, check=False)
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn("none.csv: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
