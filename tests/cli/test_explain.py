#!/usr/bin/python3
"""What `explain` shows of lines: columns, key, shard, value; or why not. No
server is needed, and none is asked."""

import os
import pty
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
from records import generate, line, member  # noqa: E402

MAPPING = """
input: {format: csv, header: true}
record:
  proto: trip.proto
  message: trips.Trip
  fields:
    id: id
    from.zone: {column: from zone, empty: skip}
    started: {column: started, time: "%Y-%m-%d %H:%M"}
    fare: {column: fare, range: [0, 100], outside: warn}
    tags: {column: tags, split: ";", bad_item: skip}
    codes: {column: codes, split: ";", bad_item: skip}
key: "trip:{id}"
route: {hash: key}
servers: {main: ["127.0.0.1:1", "127.0.0.1:2"]}
"""

PROTO = """
syntax = "proto3";
package trips;
message Place { string zone = 1; }
message Trip {
  int64 id = 1;
  Place from = 2;
  int64 started = 3;
  double fare = 4;
  repeated string tags = 5;
  repeated uint32 codes = 6;
}
"""

HEADER = "id,from zone,started,fare,tags,codes\n"


class ExplainTest(memc.LoadTest):
    shards = ()

    def explain(self, *args, files=(), stdin=None, code=0, env=None):
        running = memc.Running(["explain", *args, *files], self.dir, None,
                               stdin, env, None, None, ())
        self.addCleanup(running.kill)
        result = running.finish()
        self.assertEqual(result.code, code, result)
        return result


class DefaultRecord(ExplainTest):
    def test_a_line_in_full(self):
        path = self.write("a.tsv.gz", line(apps="1,2"))
        result = self.explain(files=[path])
        self.assertEqual(result.out, """\
This is the built-in record; give --mapping FILE for another.
line 1: would be stored
  dev_type  idfa
  dev_id    1
  lat       55.1
  lon       55.1
  apps      1,2
  -> key    idfa:1
  -> shard  idfa at 127.0.0.1:33013
  -> value  apps: 1 apps: 2 lat: 55.1 lon: 55.1
  -> size   28 bytes: key 6, value 22

1 line: 1 would be stored, 0 rejected.
""")
        self.assertEqual(result.err, "")

    def test_every_reason_is_told(self):
        rows = ((b"idfa\t1\t2\t3\n", "columns: 4 columns, wanted 5"),
                (b"\t1\t2\t3\t4\n", "empty_key"),
                (b"idfa\ta b\t2\t3\t4\n", "bad_key: byte 0x20 in the key"),
                (b"ipad\t1\t2\t3\t4\n", "unknown_type"),
                (b"idfa\t1\tx\t3\t4\n", "bad_number: lat"),
                (line() + b" " * 65536 + b"\n\0\n", "bad_line"))
        for text, said in rows:
            with self.subTest(said):
                result = self.explain(files=["-"], stdin=text)
                self.assertRegex(result.out,
                                 rf"(?m)^line \d: rejected as {said}")
                self.assertIn(", 1 rejected", result.out)

    def test_the_column_at_fault_is_marked(self):
        result = self.explain(files=["-"], stdin=line(lat="1,5") +
                              line(lon=""))
        self.assertIn("\n  lat       1,5  <- here: not a valid double\n",
                      result.out)
        self.assertIn("\n  lon       (empty)  <- here: it may not be empty\n",
                      result.out)
        result = self.explain("--strict", files=["-"],
                              stdin=line(apps="1,x") + line(ident=""))
        self.assertIn('1,x  <- here: item "x": not a valid uint32\n',
                      result.out)
        self.assertIn("  dev_id    (empty)  <- here: the key needs it\n",
                      result.out)

    def test_warnings(self):
        result = self.explain(files=["-"], stdin=line(lat="137.4",
                                                      apps="1,x,y"))
        self.assertIn("-> note   a number is outside its range (out_of_range)",
                      result.out)
        self.assertIn("-> note   2 bad items left out of a list (skipped_app)",
                      result.out)
        result = self.explain("--strict", files=["-"],
                              stdin=line(apps="1,x"))
        self.assertIn("rejected as bad_app: apps", result.out)

    def test_no_shard_of_that_name(self):
        result = self.explain(files=["-"], stdin=line(kind="ipad"))
        self.assertIn("  dev_type  ipad  <- here: no shard has that name\n",
                      result.out)
        self.assertIn('-> shard  none is named "ipad"; there are idfa, gaid, '
                      "adid, dvid\n", result.out)

    def test_blank_lines(self):
        result = self.explain(files=["-"], stdin=b" \t\n" + line())
        self.assertIn("line 1: blank, left out\nline 2: would be", result.out)
        self.assertIn("1 would be stored, 0 rejected, 1 blank.", result.out)

    def test_so_many_lines(self):
        path = self.write("a.tsv.gz", generate(500, 1))
        for args, n in (((), 10), (("--lines", "3"), 3),
                        (("--lines", "200"), 200), (("--lines", "900"), 500)):
            result = self.explain(*args, files=[path])
            self.assertEqual(result.out.count("-> key"), n)

    def test_the_value_is_that_of_a_dry_run(self):
        text = generate(40, 5, apps=(1, 90))
        path = self.write("a.tsv.gz", text)
        result = self.explain("--lines", "40", files=[path])
        dry = self.load("--dry", "-v", files=[path], summary=False)
        items = [said for level, said in dry.log("D") if " -> " in said]
        self.assertEqual(len(items), result.out.count("-> value"))
        for said in items:
            self.assertIn(said.split(" -> ", 1)[1], result.out)

    def test_shards_named_and_pools(self):
        """The address is the pool's choice, as a load has it."""
        pool = ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]
        text = generate(60, 9, types=("idfa",))
        path = self.write("a.tsv.gz", text)
        shard = "idfa=" + ",".join(pool)
        result = self.explain("--shard", shard, "--lines", "60", files=[path])
        dry = self.load("--dry", "-v", "--shard", shard, files=[path],
                        summary=False)
        items = [said.split(" ")[:3] for level, said in dry.log("D")
                 if " -> " in said]
        self.assertEqual({address for address, _, _ in items}, set(pool))
        for address, _, key in items:
            self.assertIn(f"  -> key    {key}\n  -> shard  idfa at {address}\n",
                          result.out)

    def test_a_long_line_and_a_cut_one(self):
        result = self.explain("--max-line", "64", files=["-"],
                              stdin=b"x" * 999 + b"\n" + line())
        self.assertIn("line 1: rejected as bad_line: longer than --max-line",
                      result.out)
        self.assertIn("line 2: would be stored", result.out)

    def test_too_large_for_a_server(self):
        apps = ",".join(["4294967295"] * 250000)
        result = self.explain("--max-line", "4MiB", files=["-"],
                              stdin=line(apps=apps))
        self.assertIn("too_large for a memcached that was not given a larger "
                      "-I", result.out)


class Mappings(ExplainTest):
    def setUp(self):
        super().setUp()
        (self.dir / "trip.yml").write_text(MAPPING)
        (self.dir / "trip.proto").write_text(PROTO)

    def trips(self, rows, *args, header=HEADER, **more):
        path = self.dir / "a.csv"
        path.write_text(header + rows)
        return self.explain("--mapping", "trip.yml", *args, files=[path],
                            **more)

    def test_a_line_in_full(self):
        result = self.trips('7,"Queens, NY",2024-01-31 10:00,12.5,a;b,\n')
        self.assertRegex(result.out, r"""(?x)\A
line\ 1:\ the\ header,\ not\ a\ record\n
line\ 2:\ would\ be\ stored\n
\ \ id\ {9}7\n
\ \ from\ zone\ \ Queens,\ NY\n
\ \ started\ {4}2024-01-31\ 10:00\n
\ \ fare\ {7}12\.5\n
\ \ tags\ {7}a;b\n
\ \ codes\n
\ \ ->\ key\ {4}trip:7\n
\ \ ->\ shard\ \ main\ at\ 127\.0\.0\.1:[12]\n
\ \ ->\ value\ \ id:\ 7\ from\ \{\ zone:\ "Queens,\ NY"\ \}\ started:\ 1706695200
\ fare:\ 12\.5\ tags:\ "a"\ tags:\ "b"\n""")

    def test_what_is_wrong(self):
        good = "1,,2024-01-31 10:00,1,,"
        rows = ((good.replace("2024", "24"), "bad_value: started"),
                (good.replace("10:00,1", "10:00,x"), "bad_number: fare"),
                (good + ",1", "columns: 7 columns, wanted 6"),
                (good[1:], "empty_key"),
                ('"' + good, "bad_line"))
        for row, said in rows:
            with self.subTest(said):
                result = self.trips(row + "\n")
                self.assertIn(f"line 2: rejected as {said}", result.out)

    def test_line_numbers_are_those_of_the_file(self):
        """Although line ends stand in quotes."""
        rows = ('1,"a\nb\nc",2024-01-31 10:00,1,,\n'
                "2,,2024-01-31 10:00,1,,\n")
        result = self.trips(rows)
        self.assertIn("line 2: would", result.out)
        self.assertIn("line 5: would", result.out)
        self.assertIn(r"a\nb\nc", result.out)

    def test_a_header_that_lacks_a_column(self):
        result = self.trips("1\n", header="id,from_zone,started,fare,tags,codes\n",
                            code=1)
        self.assertIn('the first line has no column "from zone"; it names '
                      '"id", "from_zone", "started", "fare", "tags", '
                      '"codes"; field "from.zone" (trip.yml:8) needs it; '
                      'did you mean "from_zone"?', result.err)
        for header, who in (
                (HEADER.replace("id", "Ident"), "the key (trip.yml:13)"),
                (HEADER.replace("fare", "price"),
                 'field "fare" (trip.yml:10)')):
            result = self.trips("1\n", header=header, code=1)
            self.assertIn(f"; {who} needs it", result.err)

    def test_columns_in_another_order(self):
        result = self.trips(",9,5,2024-01-31 10:00,x,\n",
                            header="codes,id,fare,started,tags,from zone\n")
        self.assertIn('id: 9 started: 1706695200 fare: 5 tags: "x"',
                      result.out)

    def test_warnings(self):
        result = self.trips("1,,2024-01-31 10:00,900,,1;x;2\n")
        self.assertIn("(out_of_range)", result.out)
        self.assertIn("1 bad item left out of a list", result.out)
        self.assertIn("codes: 1 codes: 2", result.out)

    def test_a_wrong_mapping_is_told(self):
        (self.dir / "trip.yml").write_text(MAPPING.replace("fare: {", "fares: {"))
        result = self.trips("1\n", code=2)
        self.assertRegex(result.err, r"trip\.yml:\d+:\d+: .*\"fares\"")
        self.assertIn("did you mean", result.err)
        self.assertEqual(result.out, "")

    def test_json_and_raw_values(self):
        (self.dir / "j.yml").write_text(
            "input: {columns: [a, b]}\n"
            "record: {format: json, fields: {x: a, n: {column: b, type: int}}}"
            "\nkey: '{a}'\nroute: {hash: key}\nservers: {s: 'h:1'}\n")
        result = self.explain("--mapping", "j.yml", files=["-"],
                              stdin=b"p\t5\n")
        self.assertRegex(result.out, r'-> value  \{"x": ?"p", ?"n": ?5\}\n')
        (self.dir / "r.yml").write_text(
            "input: {columns: [a, b]}\nrecord: {format: raw, column: b}\n"
            "key: '{a}'\nroute: {hash: key}\nservers: {s: 'h:1'}\n")
        result = self.explain("--mapping", "r.yml", files=["-"],
                              stdin=b"p\tany text\n")
        self.assertIn('-> value  "any text"\n  -> size   9 bytes: key 1, value 8\n',
                      result.out)


# kind of field, what its column says, what is said of it
WANTS = (
    ("int64 f = 1", "", "19.99", "not a valid int64"),
    ("int64 f = 1", "", " 5",
     "not a valid int64, with blanks around it (trim: true)"),
    ("int64 f = 1", "trim: true", "  ", "it may not be empty"),
    ("int32 f = 1", "", "2147483648", "not a valid int32"),
    ("uint32 f = 1", "", "-1", "not a valid uint32"),
    ("double f = 1", "", "1e999", "not a valid double"),
    ("bool f = 1", "", "yes", "none of true, false, 1 or 0"),
    ("Kind f = 1", "", "GOLD", "none of NONE, A, B, C, D, E, ... (7)"),
    ("string f = 1", "", b"\xff", "not UTF-8 text"),
    ("bytes f = 1", "encoding: hex", "0g",
     "not hex: pairs of 0 to 9 and a to f"),
    ("bytes f = 1", "encoding: base64", "*", "not base64"),
    ("int64 f = 1", "time: '%Y-%m-%d'", "2024-02-30",
     'not a time like "%Y-%m-%d"'),
    ("int32 f = 1", "time: '%Y-%m-%d'", "2124-02-20",
     "a time that does not fit int32"),
    ("double f = 1", "range: [-0.5, 90]", "90.1", "outside -0.5 to 90"),
    ("float f = 1", "range: [0.1, 0.7]", "0.8", "outside 0.1 to 0.7"),
    ("int64 f = 1", "range: [-9007199254740993, 5]", "6",
     "outside -9007199254740993 to 5"),
    ("uint64 f = 1", "range: [1, 18446744073709551615]", "0",
     "outside 1 to 18446744073709551615"),
    ("int32 f = 1", "range: [1, 1000000]", "0", "outside 1 to 1000000"),
    ("repeated int32 f = 1", "split: ';'", "1;;2",
     'item "": not a valid int32'),
    ("repeated string f = 1", "split: ';', empty: reject", "",
     "it may not be empty"),
    ("map<string, int32> f = 1", "split: ';', pair: ':'", "a:1;b",
     'item "b": ":" is missing'),
    ("map<string, int32> f = 1", "split: ';', pair: ':'", "a:1;b:c",
     'value "c": not a valid int32'),
    ("map<int32, string> f = 1", "split: ';', pair: ':'", "1:a;b:c",
     'key "b": not a valid int32'),
)


class Wants(ExplainTest):
    """What the column at fault should have held."""

    def check_wants(self, record, column, said):
        (self.dir / "w.yml").write_text(
            f"input: {{columns: [id, f]}}\nrecord: {record}\n"
            "key: '{id}'\nroute: {hash: key}\nservers: {s: 'h:1'}\n")
        column = column if isinstance(column, bytes) else column.encode()
        result = self.explain("--mapping", "w.yml", files=["-"],
                              stdin=b"7\t" + column + b"\n")
        self.assertRegex(result.out, r"rejected as bad_\w+: f\n")
        self.assertIn(f"  <- here: {said}\n", result.out)

    def test_of_every_kind(self):
        for kind, words, column, said in WANTS:
            with self.subTest(kind, column=column):
                (self.dir / "w.proto").write_text(
                    'syntax = "proto3";\nenum Kind { NONE = 0; A = 1; B = 2; '
                    "C = 3; D = 4; E = 5; F = 6; }\n"
                    f"message M {{ {kind}; }}\n")
                self.check_wants("{proto: w.proto, message: M, fields: "
                                 f"{{f: {{column: f, {words}}}}}}}"
                                 .replace(", }", "}"), column, said)

    def test_in_the_words_of_json(self):
        for kind, said in (("int", "not a valid int"),
                           ("uint", "not a valid uint"),
                           ("double", "not a valid double")):
            self.check_wants("{format: json, fields: "
                             f"{{f: {{column: f, type: {kind}}}}}}}", "x",
                             said)

    def test_a_second_member_of_a_oneof(self):
        (self.dir / "w.proto").write_text(
            'syntax = "proto3";\n'
            "message M { oneof o { string g = 1; string f = 2; } }\n")
        self.check_wants("{proto: w.proto, message: M, fields: "
                         "{g: id, f: f}}", "x",
                         "another field of its oneof is set, too")


class Files(ExplainTest):
    def test_several_files_are_headed(self):
        one = self.write("a.gz", line())
        two = self.write("b.gz", line(ident="2"))
        result = self.explain(files=[one, two])
        self.assertRegex(result.out,
                         rf"(?s)\AThis is the .*?\n{one}\nline 1: .*\n\n"
                         rf"{two}\nline 1: ")

    def test_files_that_cannot_be_read(self):
        (self.dir / "zero").write_bytes(b"\0\0")
        cut = self.write("cut.gz", generate(300, 2))
        cut.write_bytes(cut.read_bytes()[:-9])
        for path, said in (("none", "none: cannot be read: No such file"),
                           (self.dir, "Is a directory"),
                           ("zero", "zero: not_gzip: "),
                           (cut, "truncated: ")):
            with self.subTest(said):
                result = self.explain("--lines", "1000", files=[path], code=1)
                self.assertIn(said, result.err)
        # what came before the end is explained all the same
        self.assertGreater(result.out.count("-> key"), 200)

    def test_one_that_is_bad_keeps_no_other_from_it(self):
        result = self.explain(files=["none", self.write("a.gz", line())],
                              code=1)
        self.assertIn("line 1: would be stored", result.out)

    def test_lines_of_the_same_key_are_told(self):
        """Those that are rejected, or are of another type, lose nothing."""
        path = self.write("a.gz", line(ident="1") * 3 + line(ident="2")
                          + line(ident="2", lat="x"))
        self.assertIn("5 lines: 4 would be stored, 1 rejected.\n"
                      "2 of them would overwrite others of the same key: give "
                      "a key that differs.\n", self.explain(files=[path]).out)
        path = self.write("b.gz", line(ident="1") + line("gaid", ident="1"))
        self.assertNotIn("overwrite", self.explain(files=[path]).out)

    def test_an_empty_text(self):
        path = self.write("a.gz", b"")
        self.assertEqual(self.explain(files=[path]).out,
                         "This is the built-in record; give --mapping FILE for "
                         "another.\nIt has no lines.\n")

    def test_it_asks_no_server(self):
        it = self.fake()
        self.explain("--idfa", it.address, files=[self.write("a.gz", line())])
        self.assertEqual(it.n_connections, 0)

    def test_it_renames_nothing(self):
        path = self.write("a.tsv.gz", line())
        self.explain(files=[path])
        self.assert_kept(path)

    def test_lines_cannot_move_the_cursor(self):
        result = self.explain(files=["-"], stdin=line(lat="\33[2J"))
        self.assertNotIn("\33", result.out)
        self.assertIn(r"\x1b[2J", result.out)

    def test_a_terminal_of_80_columns(self):
        """Values are broken at blanks, not cut."""
        path = self.write("a.gz", line(apps=",".join(map(str, range(900, 960)))))
        ours, its = pty.openpty()
        done = subprocess.run([memc.PROGRAM, "explain", path], stdout=its,
                              stdin=subprocess.DEVNULL, timeout=60)
        os.close(its)
        shown = b""
        while not shown.endswith(b"rejected.\r\n"):
            shown += os.read(ours, 65536)
        os.close(ours)
        self.assertEqual(done.returncode, 0)
        rows = shown.decode().splitlines()
        self.assertLessEqual(max(map(len, rows)), 80)
        value = " ".join(row.strip() for row in rows if "apps: 9" in row)
        self.assertEqual(re.findall(r"apps: (\d+)", value),
                         [str(n) for n in range(900, 960)])

    def test_full_disk(self):
        running = memc.Running(
            ["explain", self.write("a.gz", line())], self.dir, None, None,
            None, None, ["sh", "-c", '"$0" "$@" > /dev/full'], ())
        self.addCleanup(running.kill)
        self.assertEqual(running.finish().code, 3)

    def test_a_line_without_end(self):
        """Hours of it; what there is before it is explained."""
        path = self.write("a.tsv.gz", member(line()) +
                          member(b"x" * (64 << 20)) * 1600,
                          is_gzip=False)
        result = self.explain(files=[path])
        self.assertIn("1 line: 1 would be stored", result.out)
        self.assertIn("may have no end", result.err)


if __name__ == "__main__":
    memc.main()
