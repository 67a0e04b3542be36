#!/usr/bin/python3
"""Any table, any message: what lines become by a mapping, held against what
protoc makes of the same message."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402

PROTO = """syntax = "proto3";
package shop;
message Geo { double lat = 1; double lon = 2; Place place = 3; }
message Place { string city = 1; optional int32 zip = 2; string land = 3; }
message Card { string number = 1; int32 year = 2; }
message Fixed { string by = 1; }
enum Kind { NONE = 0; BOOK = 1; TOY = 2; }
message Order {
  int64 id = 1;
  string name = 2;
  Kind kind = 3;
  Geo geo = 4;
  repeated sint32 sizes = 5;
  map<string, int32> stock = 6;
  oneof pay { string cash = 7; bytes token = 8; Card card = 16; }
  optional float weight = 9;
  int64 at = 10;
  bool gift = 11;
  repeated string tags = 12;
  string source = 13;
  repeated bytes keys = 14;
  Fixed fixed = 15;
  uint32 rank = 17;
}
"""

COLUMNS = ("id", "name", "kind", "lat", "lon", "city", "zip", "sizes", "stock",
           "cash", "token", "card", "weight", "at", "gift", "tags", "keys",
           "rank")

MAPPING = """
input: {format: csv, columns: [COLUMNS]}
record:
  proto: shop.proto
  message: shop.Order
  fields:
    tags: {column: tags, split: ", ", trim: true}
    id: id
    name: name
    kind: {column: kind, empty: default}
    geo.lat: {column: lat, range: [-90, 90], empty: skip}
    geo.lon: {column: lon, range: [-180, 180], outside: warn, empty: skip}
    geo.place.city: {column: city, empty: skip, trim: true}
    geo.place.zip: {column: zip, empty: skip}
    geo.place.land: {constant: "XX"}
    sizes: {column: sizes, split: "|", bad_item: skip, range: [-100, 100]}
    stock: {column: stock, split: ";", pair: "="}
    cash: {column: cash, empty: skip}
    token: {column: token, encoding: hex, empty: skip}
    card.number: {column: card, empty: skip}
    card.year: {constant: "2030"}
    weight: {column: weight, empty: skip}
    at: {column: at, time: "%Y-%m-%d %H:%M:%S", unit: ms, empty: skip}
    gift: {column: gift, empty: default}
    source: {constant: "web"}
    keys: {column: keys, split: " ", encoding: base64}
    fixed.by: {constant: "me"}
    rank: {column: rank, empty: default, range: [0, 9]}
key: "order:{id}"
route: {hash: key}
servers: {pool: "127.0.0.1:1"}
""".replace("COLUMNS", ", ".join(COLUMNS))

ALWAYS = ' source: "web" fixed { by: "me" }'

# (the columns that are not empty, the message in protoc's words)
GOOD = [
    ({}, ""),
    ({"kind": "BOOK"}, "kind: BOOK"),
    ({"kind": "2"}, "kind: TOY"),
    ({"kind": "77"}, "kind: 77"),
    ({"lat": "0"}, 'geo { lat: 0 }'),
    ({"lat": "-0"}, 'geo { lat: -0.0 }'),
    ({"lat": "1.5", "lon": "999"}, "geo { lat: 1.5 lon: 999 }"),
    ({"city": "  Rome "}, 'geo { place { city: "Rome" land: "XX" } }'),
    ({"city": "   "}, ""),
    ({"zip": "0"}, 'geo { place { zip: 0 land: "XX" } }'),
    ({"sizes": "1|-2|64"}, "sizes: [1, -2, 64]"),
    ({"sizes": "1|x||101|3"}, "sizes: [1, 3]"),
    ({"sizes": "x"}, ""),
    ({"stock": "a=1"}, 'stock { key: "a" value: 1 }'),
    ({"stock": "=0;b=-1"},
     'stock { key: "" value: 0 } stock { key: "b" value: -1 }'),
    ({"cash": "5"}, 'cash: "5"'),
    ({"token": "00fF"}, r'token: "\x00\xff"'),
    ({"card": "4111"}, 'card { number: "4111" year: 2030 }'),
    ({"weight": "0"}, "weight: 0"),
    ({"weight": "0.1"}, "weight: 0.1"),
    ({"at": "1970-01-01 00:00:00"}, ""),
    ({"at": "1969-12-31 23:59:59"}, "at: -1000"),
    ({"at": "2000-02-29 12:00:00"}, "at: 951825600000"),
    ({"gift": "true"}, "gift: true"),
    ({"gift": "0"}, ""),
    ({"tags": "a, b,c, "}, 'tags: "a" tags: "b,c" tags: ""'),
    ({"keys": "AAE= /w"}, r'keys: "\x00\x01" keys: "\xff"'),
    ({"name": 'Anne "X", ü'}, ""),
    ({"rank": "9"}, "rank: 9"),
]

# (the columns that are not empty, reason, detail)
BAD = [
    ({"id": ""}, "empty_key", "id"),
    ({"id": "1 2"}, "bad_key", "byte 0x20 in the key"),
    ({"id": "x"}, "bad_number", "id"),
    ({"id": "9223372036854775808"}, "bad_number", "id"),
    ({"name": ""}, "bad_value", "name"),
    ({"name": b"\xff"}, "bad_value", "name"),
    ({"kind": "HAT"}, "bad_value", "kind"),
    ({"lat": "91"}, "bad_number", "lat"),
    ({"lat": "1", "lon": "x", "kind": "HAT"}, "bad_number", "lon"),
    ({"stock": "a"}, "bad_app", "stock"),
    ({"stock": "a=x"}, "bad_app", "stock"),
    ({"cash": "1", "token": "00"}, "bad_value", "token"),
    ({"cash": "1", "card": "1"}, "bad_value", "card"),
    ({"cash": "1", "card": "1", "weight": "x"}, "bad_number", "weight"),
    ({"cash": "1", "card": "1", "stock": "x"}, "bad_value", "card"),
    ({"token": "0"}, "bad_value", "token"),
    ({"weight": "1e39"}, "bad_number", "weight"),
    ({"at": "2001-02-29 12:00:00"}, "bad_value", "at"),
    ({"gift": "yes"}, "bad_value", "gift"),
    ({"tags": b"a, \xff"}, "bad_app", "tags"),
    ({"keys": "A"}, "bad_app", "keys"),
    ({"rank": "10"}, "bad_number", "rank"),
    ({"rank": "-1"}, "bad_number", "rank"),
]


def line(**columns):
    """A line of csv, every column of it in quotes."""
    columns = {"id": "1", "name": "n", **columns}
    row = (columns.get(name, "") for name in COLUMNS)
    row = (c if isinstance(c, bytes) else c.encode() for c in row)
    return b",".join(b'"%s"' % c.replace(b'"', b'""') for c in row) + b"\n"


class Mappings(memc.LoadTest):
    shards = ("pool",)

    def setUp(self):
        super().setUp()
        self.write("shop.proto", PROTO.encode(), is_gzip=False)
        self.mapping = self.write("shop.yml", MAPPING.encode(),
                                  is_gzip=False)

    def encode(self, text, name="shop.Order"):
        """What protoc makes of the message."""
        return subprocess.run(
            ["protoc", "-I", self.dir, f"--encode={name}", "shop.proto"],
            input=text.encode(), capture_output=True, check=True,
            cwd=self.dir).stdout

    def held(self, *keys):
        return self.servers["pool"].items(keys)

    def decoded(self, value):
        """The message as protoc shows it: the order of fields is its own."""
        return subprocess.run(
            ["protoc", "-I", self.dir, "--decode=shop.Order", "shop.proto"],
            input=value, capture_output=True, check=True,
            cwd=self.dir).stdout.decode()

    def test_values_are_the_bytes_that_protoc_makes(self):
        rows, wanted = [], {}
        for number, (columns, text) in enumerate(GOOD, 1):
            columns = {"id": str(number), **columns}
            rows.append(line(**columns))
            name = columns.get("name", "n").replace('"', r'\"')
            wanted[f"order:{number}".encode()] = self.encode(
                f'id: {number} name: "{name}" {text} {ALWAYS}')
        path = self.write("a.csv.gz", b"".join(rows))
        result = self.load("--mapping", self.mapping, files=[path])
        self.assertEqual(result.totals["stored"], len(GOOD), result)
        held = self.held(*wanted)
        for key, value in wanted.items():
            with self.subTest(GOOD[int(key[6:]) - 1]):
                self.assertEqual(held[key], value)
        self.assertEqual(result.summary["warnings"],
                         {"out_of_range": 1, "skipped_app": 4})

    def test_reasons_of_lines_that_are_bad(self):
        rows = [line(**{"id": str(i), **columns})
                for i, (columns, _, _) in enumerate(BAD, 1)]
        path = self.write("a.csv.gz", b"".join(rows) + line(id="0"))
        self.load("--mapping", self.mapping, "--max-error-rate", "1",
                  files=[path])
        with open(f"{path}.rejects.jsonl", encoding="utf-8") as file:
            said = [json.loads(row) for row in file]
        self.assertEqual([(row["reason"], row["detail"]) for row in said],
                         [(reason, detail) for _, reason, detail in BAD])

    def test_strict_rejects_what_is_skipped_else(self):
        path = self.write("a.csv.gz", line(sizes="1|x") + line(id="2"))
        result = self.load("--mapping", self.mapping, "--strict",
                           "--max-error-rate", "1", files=[path])
        self.assertEqual(result.rejects["bad_app"], 1)

    def test_what_was_loaded_is_verified_shown_and_measured(self):
        path = self.write("a.csv.gz", b"".join(
            line(id=str(i), city=f"c{i}", sizes="1|2") for i in range(300)))
        self.load("--mapping", self.mapping, "--verify", "all", files=[path])
        result = self.verify("--mapping", self.mapping, files=[path])
        self.assertEqual(result.summary["verify"]["matched"], 300)
        result = self.load("get", "--mapping", self.mapping, "order:7",
                           summary=False)
        self.assertIn('-> id: 7 name: "n" geo { place { city: "c7" land: "XX"'
                      ' } } sizes: 1 sizes: 2 source: "web"', result.out)
        loaded = path.with_name("." + path.name)
        result = self.doctor("--mapping", self.mapping, files=[loaded])
        self.assertIn("300", result.out)
        self.servers["pool"].put(b"order:8", b"\xff")
        result = self.verify("--mapping", self.mapping, files=[path], code=6)
        self.assertEqual(result.summary["verify"]["different"], 1)

    def test_dry_runs_show_values(self):
        path = self.write("a.csv.gz", line(kind="TOY", token="0aff"))
        result = self.load("--mapping", self.mapping, "--dry", "-v",
                           files=[path])
        self.assertIn(r'order:1 -> id: 1 name: "n" kind: TOY '
                      r'token: "\x0a\xff" source: "web" fixed { by: "me" }',
                      result.err)

    def test_keys_are_spread_over_a_pool(self):
        other = self.server("other")
        path = self.write("a.csv.gz", b"".join(
            line(id=str(i)) for i in range(200)))
        pool = f"{self.servers['pool'].address},{other.address}"
        self.load("--mapping", self.mapping, "--verify", "all",
                  files=[path], servers={"pool": pool})
        keys = [b"order:%d" % i for i in range(200)]
        parts = [len(s.items(keys)) for s in (self.servers["pool"], other)]
        self.assertEqual(sum(parts), 200)
        self.assertGreater(min(parts), 40)
        result = self.load("get", "--mapping", self.mapping, "order:1",
                           "order:2", "order:3", summary=False,
                           servers={"pool": pool})
        self.assertEqual(len(result.out.splitlines()), 3)

    def test_a_descriptor_needs_no_protoc(self):
        subprocess.run(["protoc", "-I", self.dir, "--include_imports",
                        f"--descriptor_set_out={self.dir}/shop.pb",
                        "shop.proto"], check=True, cwd=self.dir)
        self.write("shop.yml", MAPPING.replace(
            "proto: shop.proto", "descriptor: shop.pb").encode(),
            is_gzip=False)
        path = self.write("a.csv.gz", line())
        self.load("--mapping", self.mapping, files=[path],
                  env={**os.environ, "PATH": "/nowhere"})
        self.assertEqual(self.held(b"order:1"), {
            b"order:1": self.encode(f'id: 1 name: "n" {ALWAYS}')})

    def test_bytes_are_those_that_an_independent_reader_sees(self):
        path = self.write("a.csv.gz", line(stock="a=1;b=2", city="Rome"))
        self.load("--mapping", self.mapping, files=[path])
        said = self.decoded(self.held(b"order:1")[b"order:1"])
        for word in ('city: "Rome"', 'land: "XX"', 'key: "b"', "value: 2"):
            self.assertIn(word, said)


class OtherValues(memc.LoadTest):
    shards = ("a", "b")

    def test_raw_is_the_column_as_it_is(self):
        mapping = self.write("m.yml", b"""
input: {format: tsv, delimiter: ";", columns: [type, id, _, payload]}
record: {format: raw, column: payload}
key: "{id}/{{{type}}}"
route: {column: type}
""", is_gzip=False)
        path = self.write("x.txt.gz", b'a;1;;say "x"\nb;2;;\nb;3;;\xff\x01\n')
        self.load("--mapping", mapping, files=[path])
        self.assert_holds({"a": {b"1/{a}": b'say "x"'},
                           "b": {b"2/{b}": b"", b"3/{b}": b"\xff\x01"}})
        result = self.load("get", "--mapping", mapping, "1/{a}", "3/{b}",
                           summary=False)
        self.assertEqual([row.split(" -> ")[1] for row in
                          result.out.splitlines()], [r'"say \"x\""', "0xff01"])

    def test_json_objects(self):
        mapping = self.write("m.yml", b"""
input: {format: csv, columns: [kind, id, name, lat, n, tags, ok]}
record:
  format: json
  fields:
    id: {column: id, type: uint}
    name: name
    geo.lat: {column: lat, type: double, empty: skip}
    n: {column: n, type: int, empty: default}
    tags: {column: tags, split: "|"}
    geo.ok: {column: ok, type: bool, empty: skip}
    v: {constant: "1", type: int}
key: "{id}"
route: {column: kind}
""", is_gzip=False)
        path = self.write("x.csv.gz", 'a,1,"A ""ü""",1.5,-3,x|y,true\n'
                          "b,2,B,,,,\nb,3,C,x,,,\n".encode())
        self.load("--mapping", mapping, "--max-error-rate", "1", files=[path])
        self.assertEqual(
            json.loads(self.servers["a"].items([b"1"])[b"1"]),
            {"id": 1, "name": 'A "ü"', "geo": {"lat": 1.5, "ok": True},
             "n": -3, "tags": ["x", "y"], "v": 1})
        self.assertEqual(
            json.loads(self.servers["b"].items([b"2"])[b"2"]),
            {"id": 2, "name": "B", "n": 0, "tags": [], "v": 1})
        result = self.load("get", "--mapping", mapping, "2", "4",
                           summary=False, code=1)
        self.assertIn('2 -> {"id":2,"name":"B"', result.out)
        self.assertIn("4: not found on any shard", result.err)


class TheDefault(memc.LoadTest):
    shards = records.TYPES

    def test_the_mapping_that_is_shipped_is_the_one_built_in(self):
        text = records.generate(3000, 5)
        want = records.read(text)
        shipped = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                               "..", "..", "proto", "appsinstalled.yml")
        for options in ((), ("--mapping", shipped)):
            self.flush_all()
            result = self.load(*options, files=[self.write("a.tsv.gz", text)])
            self.assert_counts(result, want)
            self.assert_holds(want.stored(), note=result)


if __name__ == "__main__":
    memc.main()
