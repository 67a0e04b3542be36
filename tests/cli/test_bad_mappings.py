#!/usr/bin/python3
"""Wrong mapping files: each is refused before anything is touched, with the
place in the file and what to do."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402

PROTO = """syntax = "proto2";
package shop;
enum Kind { BOOK = 1; TOY = 2; }
message Geo { optional double lat = 1; optional double lon = 2; }
message Part { optional string name = 1; }
message Order {
  required int64 id = 1;
  optional string name = 2;
  optional Kind kind = 3;
  optional Geo geo = 4;
  repeated Part parts = 5;
  repeated int32 sizes = 6;
  optional bytes token = 7;
  optional uint32 count = 8;
  map<string, int32> stock = 9;
  map<string, Part> bins = 10;
  oneof pay { string card = 11; string cash = 12; }
  optional double price = 13;
}
"""

# A good one, whose lines a case changes: {line number: new text}. Text with a
# line end makes two lines of one, "" leaves it out.
GOOD = """\
input:
  format: csv
  columns: [id, name, lat, x]
record:
  proto: order.proto
  message: shop.Order
  fields:
    id: id
    name: {column: name, empty: skip}
    geo.lat: {column: lat}
key: "order:{id}"
route: {hash: key}
servers: {pool: "127.0.0.1:1"}
"""

# (what is wrong, the lines changed, what is said behind the file's name)
GALLERY = [
    # --- input
    ("a key with a typing mistake", {2: "  fromat: csv"},
     '2:3: unknown key "fromat" in input; did you mean "format"?'),
    ("a key that is like no other", {2: "  quotes: yes"},
     '2:3: unknown key "quotes" in input; there are format, delimiter, '
     "columns, header, skip_header"),
    ("a key twice", {2: "  format: csv\n  format: tsv"},
     '3:3: "format" is given twice (first on line 2)'),
    ("no such format", {2: "  format: xml"},
     '2:11: format: "xml" is not known; it is tsv or csv'),
    ("one that is nearly there", {2: "  format: cvs"},
     '2:11: format: "cvs" is not known; it is tsv or csv; did you mean "csv"?'),
    ("a delimiter of two bytes", {2: '  delimiter: "||"'},
     '2:14: delimiter is one byte in quotes, such as ";", or "\\t" for a tab'),
    ("no columns", {3: ""},
     "2:3: the columns are not given: write input: {columns: [...]}, or "
     "input: {header: true} when the first line of each file names them"),
    ("columns that are no list", {3: "  columns: id"},
     "3:12: columns needs a list, such as [id, name, price]"),
    ("a column's name twice", {3: "  columns: [id, name, id, lat]"},
     '3:23: column "id" is listed twice; columns that are not used may all '
     "be called _"),
    ("names said twice", {2: "  format: csv\n  header: true"},
     "3:11: header: true takes the names from each file's first line, but "
     "columns gives them, too; leave out one, or say skip_header: true "
     "instead of header"),
    ("true that is not true", {2: "  skip_header: yes"},
     '2:16: skip_header: "yes" is not known; it is false or true'),
    # --- record
    ("no message of that name", {6: "  message: shop.Ordr"},
     '6:12: there is no message "shop.Ordr"; did you mean "shop.Order"?'),
    ("a message without its package", {6: "  message: Order"},
     '6:12: there is no message "Order"; did you mean "shop.Order"?'),
    ("no message at all", {6: ""},
     "5:3: record needs message: NAME; there are shop.Geo, shop.Part, "
     "shop.Order"),
    ("neither proto nor descriptor", {5: ""},
     "5:3: record needs proto: FILE.proto, or descriptor: FILE.pb; for values "
     "without a .proto there are format: json and format: raw"),
    ("both of them", {5: "  proto: order.proto\n  descriptor: order.pb"},
     "6:15: the message comes from proto or from descriptor, not from both; "
     "leave out one"),
    ("flags that are no number", {5: "  proto: order.proto\n  flags: json"},
     "6:10: flags is a number from 0 to 4294967295"),
    ("flags below zero", {5: "  proto: order.proto\n  flags: -1"},
     "6:10: flags is a number from 0 to 4294967295"),
    ("no such format of records", {5: "  format: xml"},
     '5:11: format: "xml" is not known; it is protobuf, json or raw'),
    ("a key of raw records", {5: "  proto: order.proto\n  column: id"},
     "6:11: column is for format: raw; under fields, say which column each "
     "field is"),
    ("a key of records with a typing mistake", {7: "  field:"},
     '7:3: unknown key "field" in record; did you mean "fields"?'),
    ("json with a message", {5: "  format: json"},
     "6:12: message is for format: protobuf; leave it out, or the format"),
    ("raw with fields", {5: "  format: raw", 6: ""},
     "7:5: a raw value has no fields; it is the bytes of one column: "
     "column: NAME"),
    # --- fields
    ("no field of that name", {9: "    nam: name"},
     '9:5: message shop.Order has no field "nam"; did you mean "name"?'),
    ("a field like no other", {9: "    telephone: name"},
     '9:5: message shop.Order has no field "telephone"; it has id, name, '
     "kind, geo, parts, sizes, token, count, stock, bins, card, cash and 1 "
     "more"),
    ("no field of that name inside", {10: "    geo.lot: lat"},
     '10:5: message shop.Geo has no field "lot"; did you mean "lat"?'),
    ("a message as if it were a value", {10: "    geo: lat"},
     '10:5: "geo" is a message shop.Geo: say which columns its fields are, '
     "such as geo.lat: COLUMN"),
    ("a value as if it were a message", {10: "    name.first: lat"},
     '10:5: "name" is a string: it has no fields'),
    ("a list of messages", {10: "    parts.name: lat"},
     '10:5: "parts" is a repeated message shop.Part: fields inside a list of '
     "messages cannot be filled from a line"),
    ("a map of messages", {10: '    bins: {column: x, split: ",", pair: ":"}'},
     '10:5: "bins" is a map<string, message shop.Part>: maps of messages '
     "cannot be filled from a line; leave it out"),
    ("a map without pair", {10: '    stock: {column: x, split: ","}'},
     '10:5: "stock" is a map: say what separates its entries, and key and '
     'value, such as {column: NAME, split: ",", pair: ":"}'),
    ("no column of that name", {9: "    name: {column: nane}"},
     '9:20: input.columns has no column "nane"; did you mean "name"?'),
    ("a column like no other", {9: "    name: title"},
     '9:11: input.columns has no column "title"; it has id, name, lat, x'),
    ("a field without a column", {9: "    name: {trim: true}"},
     '9:11: field "name" needs column: NAME, or constant: VALUE'),
    ("a field with nothing behind it", {9: "    name:"},
     '9:10: field "name" needs a column: name: NAME, or name: {column: NAME, '
     "...}"),
    ("a column and a constant", {9: "    name: {column: name, constant: x}"},
     '9:36: field "name" has both a column and a constant; leave out one'),
    ("a required field not mapped", {8: "    count: id"},
     '8:5: message shop.Order requires the field "id"; say which column it '
     "is, or give it a constant"),
    ("a required field left out when empty",
     {8: "    id: {column: id, empty: skip}"},
     '8:29: "id" is required in the .proto, so it cannot be left out; say '
     "empty: reject or empty: default"),
    # --- options of fields
    ("an option with a typing mistake",
     {9: "    name: {column: name, tirm: 1}"},
     '9:26: unknown key "tirm" in a field; did you mean "trim"?'),
    ("split of one value", {9: '    name: {column: name, split: ","}'},
     '9:33: split is for repeated fields and maps; field "name" is a string'),
    ("range of text", {9: "    name: {column: name, range: [1, 2]}"},
     '9:33: range is for numbers; field "name" is a string'),
    ("a range that is none",
     {10: "    geo.lat: {column: lat, range: [90, -90]}"},
     "10:35: range: nothing is between 90 and -90; give the smaller one "
     "first"),
    ("half a range", {10: "    geo.lat: {column: lat, range: [-90]}"},
     "10:35: range is [LOW, HIGH], such as [0, 100]"),
    ("a range beyond the type", {10: "    count: {column: x, range: [-1, 9]}"},
     '10:32: range: "-1" is not a valid uint32'),
    ("outside without a range", {10: "    count: {column: x, outside: warn}"},
     "10:33: outside says what becomes of values outside a range; give range: "
     "[LOW, HIGH], too"),
    ("encoding of text", {9: "    name: {column: name, encoding: hex}"},
     '9:36: encoding is for bytes; field "name" is a string'),
    ("encoding of a number", {8: "    id: {column: id, encoding: hex}"},
     '8:32: encoding is for bytes; field "id" is an int64'),
    ("encoding of an enum", {10: "    kind: {column: x, encoding: hex}"},
     '10:33: encoding is for bytes; field "kind" is an enum shop.Kind'),
    ("a constant that is no enum's name", {10: "    kind: {constant: many}"},
     '10:22: constant: "many" is not a valid value for "kind", an enum'),
    ("a time of JSON's text", {5: "  format: json", 6: "",
                               9: '    name: {column: name, time: "%Y"}'},
     '8:32: time is for integers; field "name" is a string; add type: int'),
    ("a range of JSON's text", {5: "  format: json", 6: "",
                                9: "    name: {column: name, range: [1, 2]}"},
     '8:33: range is for numbers; field "name" is a string; add type: int, '
     "uint or double"),
    ("a map of JSON", {5: "  format: json", 6: "",
                       9: '    name: {column: name, split: ",", pair: ":"}'},
     '8:44: pair is for maps; field "name" is a repeated string; values of '
     "format: json have no maps"),
    ("no such encoding", {10: "    token: {column: x, encoding: base46}"},
     '10:34: encoding: "base46" is not known; it is raw, hex or base64; did '
     'you mean "base64"?'),
    ("a time of text", {9: '    name: {column: name, time: "%Y"}'},
     '9:32: time is for integers; field "name" is a string'),
    ("empty lists cannot be skipped",
     {10: '    sizes: {column: x, split: ",", empty: skip}'},
     '10:43: an empty column means that "sizes" has no items; leave out '
     "empty, or say empty: reject"),
    ("a type where the .proto says it",
     {9: "    name: {column: name, type: string}"},
     "9:32: type is for format: json; here the types are those of the "
     ".proto"),
    ("a constant that is no number", {10: "    count: {constant: many}"},
     '10:23: constant: "many" is not a valid value for "count", a uint32'),
    ("two constants of one oneof",
     {10: "    card: {constant: a}\n    cash: {constant: b}"},
     "11:22: two constants are members of oneof pay, of which only one can "
     "be set"),
    ("a format of times that is none",
     {10: '    count: {column: x, time: "%Q"}'},
     "10:30: time: '%Q' is not known in a time format: there are %Y %y %m "
     "%d %e %j %b %a %H %I %p %M %S %f %z %s %T %R %F %D %%, and %-m %-d "
     "%-j %-H %-I %-M %-S without leading zeros"),
    ("a time without a year", {10: '    count: {column: x, time: "%H"}'},
     '10:30: time: "%H" does not make a time: the year is missing: %Y, %y '
     "or %s"),
    ("a unit of no time", {10: '    count: {column: x, unit: ms}'},
     "10:30: unit belongs to time: give its format, too, such as time: "
     '"%Y-%m-%d %H:%M:%S"'),
    ("no such unit", {10: '    count: {column: x, time: "%Y", unit: min}'},
     '10:42: unit: "min" is not known; it is s, ms, us or ns'),
    ("split and pair the same",
     {10: '    stock: {column: x, split: ":", pair: ":"}'},
     "10:42: pair and split are the same text, so entries and their values "
     "cannot be separated"),
    ("a list cut where columns are",
     {2: "  format: tsv", 10: '    sizes: {column: x, split: "\\t"}'},
     "10:31: split contains the delimiter of the columns, so no column can "
     "contain it"),
    ("an empty split", {10: '    sizes: {column: x, split: ""}'},
     "10:31: split needs the text that separates them, in quotes, such as "
     '","'),
    ("no such end of a bad item",
     {10: '    sizes: {column: x, split: ",", bad_item: drop}'},
     '10:46: bad_item: "drop" is not known; it is reject or skip'),
    ("one field twice by its path",
     {10: "    geo.lat: lat\n    geo.lat: x"},
     '11:5: "geo.lat" is given twice (first on line 10)'),
    ("a word that is none", {9: "    name: {column: name, empty: drop}"},
     '9:33: empty: "drop" is not known; it is reject, skip or default'),
    ("an underscore as a column",
     {3: "  columns: [id, name, _, _]", 10: "    geo.lat: _"},
     "10:14: _ is not the name of a column; give it a name where the "
     "columns are listed"),
    ("a point too many", {10: "    geo..lat: lat"},
     '10:5: "geo..lat" is not a field: a name is missing before or after a '
     "dot"),
    ("fields that are a list",
     {7: "  fields: [id, name]", 8: "", 9: "", 10: ""},
     "7:11: fields lists the message's fields, each as \"field: column\" "
     'or "field: {column: NAME, ...}"'),
    ("an option that is a list", {9: "    name: {column: [name]}"},
     "9:20: column needs a column's name"),
    ("imports of a descriptor", {5: "  descriptor: a.pb\n  imports: [x]"},
     "6:12: imports is for proto; a descriptor holds its imports already"),
    ("no such .proto", {5: "  proto: ordr.proto"},
     "5:10: cannot read DIR/ordr.proto: No such file or directory"),
    ("a .proto that is wrong", {5: "  proto: bad.proto"},
     "5:10: DIR/bad.proto: protoc says: bad.proto:1:17: Expected "
     '"required", "optional", or "repeated".'),
    ("no such descriptor", {5: "  descriptor: order.pb"},
     "5:15: cannot open descriptor DIR/order.pb: No such file or "
     "directory; protoc --include_imports --descriptor_set_out=FILE.pb "
     "FILE.proto makes one"),
    ("a descriptor that is none", {5: "  descriptor: order.proto"},
     "5:15: order.proto: this is text, not a descriptor set: for a .proto "
     "file, say `proto:` instead of `descriptor:`"),
    # --- key, route, servers
    ("no key", {11: ""},
     '1:1: a mapping needs "key": the key of each line, such as key: '
     '"user:{id}"'),
    ("no route", {12: ""},
     '1:1: a mapping needs "route": the shard of each line: {column: NAME}, '
     "or {hash: key}"),
    ("a key without its quotes", {11: "key: {id}:{name}"},
     "11:10: did not find expected key while parsing a block mapping (put a "
     "text with { or } in it in quotes, and begin the keys of one map in one "
     "column)"),
    ("a key without a column", {11: 'key: "order"'},
     '11:6: key "order": it contains no column, so all lines would have '
     "the same key; write {NAME}"),
    ("a key whose column is not there", {11: 'key: "order:{idd}"'},
     '11:6: input.columns has no column "idd"; did you mean "id"?'),
    ("a key that is not closed", {11: 'key: "order:{id"'},
     '11:6: key "order:{id": a { is not closed; a column is {NAME}, and {{ is '
     "a brace"),
    ("a key with a blank", {11: 'key: "order {id}"'},
     '11:6: key "order {id}": a key cannot contain blanks or control '
     "characters; leave them out"),
    ("a route that is none", {12: "route: key"},
     "12:8: route is {column: NAME}, whose values are the names of servers, "
     "or {hash: key}"),
    ("a route whose column is not there", {12: "route: {column: nme}"},
     '12:17: input.columns has no column "nme"; did you mean "name"?'),
    ("a route with a typing mistake", {12: "route: {colum: name}"},
     '12:9: unknown key "colum" in route; did you mean "column"?'),
    ("a hash of something else", {12: "route: {hash: id}"},
     '12:15: hash: "id" is not known; it is key'),
    ("two shards and a hash",
     {13: 'servers: {a: "127.0.0.1:1", b: "127.0.0.1:2"}'},
     "12:8: route: {hash: key} spreads keys over the addresses of one "
     "shard, but there are 2: a, b; put all addresses into one: "
     '"servers: {NAME: [HOST:PORT, HOST:PORT]}" or --shard '
     "NAME=HOST:PORT,HOST:PORT"),
    ("no servers", {13: ""},
     'names no servers: add a section "servers: {NAME: HOST:PORT}" or '
     "give --shard NAME=HOST:PORT"),
    ("a server without a port", {13: 'servers: {a: "h"}'},
     '13:14: a: "h" is not an address: no port (host:port, [v6]:port or '
     "unix:/path)"),
    ("not YAML", {11: 'key: "order'},
     "13:18: did not find expected key while parsing a block mapping (put a "
     "text with { or } in it in quotes, and begin the keys of one map in one "
     "column)"),
    ("a tab", {4: "record:\n\tproto: x.proto"},
     "5:1: found character that cannot start any token while scanning for "
     "the next token (a tab: indent with spaces)"),
    ("a section with a typing mistake", {11: 'kye: "order:{id}"'},
     '11:1: unknown key "kye"; did you mean "key"?'),
]


def changed(lines):
    """GOOD with those lines."""
    return "".join(lines.get(i, line) + "\n" for i, line in
                   enumerate(GOOD.splitlines(), 1) if lines.get(i) != "")


# The same of paths, of what is said the beginning.
PATHS = [
    ("this directory", {5: "  proto: ."}, "5:10: cannot read DIR/.: Is a directory"),
    ("the root", {5: "  proto: /"}, "5:10: cannot read /: Is a directory"),
    ("a slash behind it", {5: "  proto: order.proto/"},
     "5:10: cannot read "),
    ("no name", {5: '  proto: ""'}, "5:10: proto needs the name"),
    ("a control character", {5: '  proto: "x\x1b[7m"'},
     "5:12: control characters are not allowed"),
    ("a long one", {5: "  proto: " + "a/" * 3000},
     "5:10: cannot read "),
    ("a device", {5: "  proto: /dev/zero"},
     "5:10: cannot read /dev/zero: it is no file"),
    ("an endless descriptor", {5: "  descriptor: /dev/zero"},
     "5:15: descriptor /dev/zero is larger than 16 MiB"),
    ("a pipe", {5: "  proto: pipe"}, "5:10: cannot read DIR/pipe: it is no"),
    ("a pipe of a descriptor", {5: "  descriptor: pipe"},
     "5:15: cannot read descriptor DIR/pipe: Connection timed out"),
]


class BadMappings(memc.LoadTest):
    def refused(self, text):
        path = self.write("bad.yml", text.encode(), is_gzip=False)
        result = self.load("--mapping", path, self.data, summary=False,
                           code=2)
        first = result.err.splitlines()[0]
        place = f"memc_load: {path}"
        self.assertTrue(first.startswith(place), result)
        return first[len(place) + 1:].replace(str(self.dir), "DIR")

    def setUp(self):
        super().setUp()
        self.write("order.proto", PROTO.encode(), is_gzip=False)
        self.write("bad.proto", b"message Order { int64 id = 1; }\n",
                   is_gzip=False)
        self.data = self.write("a.csv", b"1,a,2,3\n")

    def test_the_good_one_is_good(self):
        path = self.write("good.yml", GOOD.encode(), is_gzip=False)
        self.load("--dry", "--mapping", path, self.data)

    def test_each_is_refused_with_its_place_and_what_to_do(self):
        for name, lines, said in GALLERY:
            with self.subTest(name):
                self.assertEqual(self.refused(changed(lines)), said)

    def test_paths_of_odd_form(self):
        os.mkfifo(self.dir / "pipe")
        for name, lines, said in PATHS:
            with self.subTest(name):
                refused = self.refused(changed(lines))
                self.assertTrue(refused.startswith(said), refused)
                self.assertNotIn("\x1b", refused)

    def test_columns_of_the_command_line(self):
        """What names a column that they lack is told by them."""
        path = self.write("good.yml", GOOD.encode(), is_gzip=False)
        result = self.load("--dry", "--mapping", path, "--columns", "id,name",
                           self.data, summary=False, code=2)
        self.assertRegex(result.err, 'good.yml:10:23: .*"lat"')


if __name__ == "__main__":
    memc.main()
