#!/usr/bin/python3
"""Tables of csv and tables with a header: what is stored of them is what
Python's csv module reads, whatever stands in quotes; files name their columns
in any order; an open quote takes its own line only; rejected lines load again
as they are; and all that reads a file knows what its first line is."""

import csv
import io
import json
import os
import random
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402

ALL_BAD = ("--max-error-rate", "1")

# what makes a column that must be quoted, and what makes none
PIECES = ['"', '""', ",", ";", "\n", "\r\n", "\r", "a", "b c", "ü", "€", " ",
          "\t", "-", "'", "\\", ""]


def written(rows, quoting=csv.QUOTE_MINIMAL, end="\r\n", delimiter=","):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting,
               lineterminator=end).writerows(rows)
    return out.getvalue().encode()


def columns(text, delimiter=","):
    """The rows as Python reads them."""
    return list(csv.reader(io.StringIO(text.decode(), newline=""),
                           delimiter=delimiter))


class CsvTest(memc.LoadTest):
    """The key is land:id, the value is the column text, as it is."""

    shards = ("de", "at")
    HEAD = ["land", "id", "text"]

    def mapping(self, lines='header: true', name="map.yml", shards=None,
                form="csv"):
        """A mapping file; lines: more of its input."""
        servers = {name: getattr(server, "address", server)
                   for name, server in (shards or self.servers).items()}
        (self.dir / name).write_text(f"""\
input:
  format: {form}
  {lines}
record: {{format: raw, column: text}}
key: "{{land}}:{{id}}"
route: {{column: land}}
servers: {json.dumps(servers)}
""", encoding="utf-8")
        return ["--mapping", name]

    def load_mapped(self, *args, mapping=None, **more):
        return self.load(*(mapping or self.mapping()), *args, servers={},
                         **more)

    def expected(self, *texts, head=None, delimiter=","):
        """{shard: {key: value}} of texts with a header."""
        held = {name: {} for name in self.servers}
        for text in texts:
            rows = columns(text, delimiter)
            names = head or rows.pop(0)
            for row in rows:
                one = dict(zip(names, row))
                key = f"{one['land']}:{one['id']}".encode()
                held[one["land"]][key] = one["text"].encode()
        return held

    def some_rows(self, n, seed, names=None):
        """Rows with all that can stand in a column, behind a header."""
        rng = random.Random(seed)
        names = names or self.HEAD
        rows = [names]
        for i in range(memc.scale(n, 60)):
            one = {"land": rng.choice(("de", "at")), "id": f"{seed}.{i}"}
            rows.append([one.get(name) or "".join(
                rng.choice(PIECES) for _ in range(rng.randrange(9)))
                for name in names])
        return rows

    def rows_of(self, name, kind="jsonl"):
        raw = (self.dir / f"{name}.rejects.{kind}").read_bytes()
        return [json.loads(line) for line in raw.splitlines()]


class Quotes(CsvTest):
    def test_what_python_reads_is_stored(self):
        """Every way to write it, in batches of every size."""
        n = 3000
        for i, (quoting, end, more) in enumerate((
                (csv.QUOTE_MINIMAL, "\r\n", ()),
                (csv.QUOTE_ALL, "\n", ("--batch", "1", "--threads", "2")),
                (csv.QUOTE_NONNUMERIC, "\r", ("--batch", "7",
                                              "--threads", "3")),
                (csv.QUOTE_NONNUMERIC, "\n", ("--threads", "0",
                                           "--connections", "3")))):
            with self.subTest(quoting=quoting, end=end, more=more):
                text = written(self.some_rows(n, i), quoting, end)
                path = self.write("a.csv.gz", text)
                result = self.load_mapped(*more, files=[path])
                rows = len(columns(text)) - 1
                self.assertEqual(result.totals["lines"], rows, result)
                self.assertEqual(result.totals["stored"], rows, result)
                self.assert_holds(self.expected(text), note=result)
                self.assert_renamed(path)
                self.flush_all()

    def test_another_delimiter(self):
        for delimiter, word in ((";", '";"'), ("\t", '"\\t"'), ("|", '"|"')):
            text = written(self.some_rows(300, 9), delimiter=delimiter)
            path = self.write("a.csv", text, is_gzip=False)
            self.load_mapped(files=[path], mapping=self.mapping(
                f"delimiter: {word}\n  header: true"))
            self.assert_holds(self.expected(text, delimiter=delimiter))
            self.flush_all()

    def test_standard_input(self):
        text = written(self.some_rows(1000, 5))
        self.load_mapped("-", stdin=text)
        self.assert_holds(self.expected(text))

    def test_in_tsv_a_quote_means_nothing(self):
        path = self.write("a.tsv", b'land\tid\ttext\nde\t1\t"a\nat\t2\t"b"\n',
                          is_gzip=False)
        self.load_mapped(files=[path], mapping=self.mapping(form="tsv"))
        self.assert_holds({"de": {b"de:1": b'"a'}, "at": {b"at:2": b'"b"'}})

    def test_a_mark_before_a_quoted_header(self):
        path = self.write("a.csv", b'\xef\xbb\xbf"land","id","text"\nde,1,x\n',
                          is_gzip=False)
        self.load_mapped(files=[path])
        self.assert_holds({"de": {b"de:1": b"x"}})


class OpenQuotes(CsvTest):
    TEXT = (b'land,id,text\n'
            b'de,1,"two\nlines"\n'
            b'de,2,"never closed\n'
            b'at,3,x\n'
            b'at,4,"a" b\n'
            b'"de",5,5" wide\n'
            b'de\x006,6,"a\nb"\n'
            b'de,7,"""\n')

    def test_it_takes_its_line_only(self):
        """So do others that are wrong; each is told with its number in the
        file."""
        for more in ((), ("--batch", "1"), ("--threads", "0")):
            path = self.write("a.csv.gz", self.TEXT)
            result = self.load_mapped(*ALL_BAD, *more, files=[path])
            self.assert_holds({"de": {b"de:1": b"two\nlines",
                                      b"de:5": b'5" wide'},
                               "at": {b"at:3": b"x"}}, note=result)
            self.assertEqual(
                [(row["line"], row["reason"], row["detail"])
                 for row in self.rows_of("a.csv.gz")],
                [(4, "bad_line", "no closing quote in column 3"),
                 (6, "bad_line", "text after the closing quote of column 3"),
                 (8, "bad_line", "NUL byte"),
                 (10, "bad_line", "no closing quote in column 3")])
            self.assertEqual(result.totals["lines"], 7)
            self.assert_line_told(result, "a.csv.gz", 4, "bad_line")
            self.assert_line_told(result, "a.csv.gz", 10, "bad_line")
            self.assert_line_told(result, "a.csv.gz", 6, "bad_line")
            # nothing of them can be loaded again as it is
            self.assertFalse((self.dir / "a.csv.gz.rejects.csv").exists())
            self.flush_all()

    def test_far_from_its_end(self):
        """What is behind --max-line is as good as never."""
        text = (b'land,id,text\nde,1,"' + b"x\n" * 3000 + b'"\n'
                b'de,2,"' + b"y\n" * 1000 + b'"\n')
        path = self.write("a.csv.gz", text)
        result = self.load_mapped(*ALL_BAD, "--max-line", "4KiB", files=[path])
        self.assert_holds({"de": {b"de:2": b"y\n" * 1000}}, note=result)
        # each x is a line then, and the quote that was to end them opens one
        self.assertEqual({reason: n for reason, n in result.rejects.items()
                          if n}, {"bad_line": 2, "columns": 2999})

    def test_a_stream_that_breaks_off_in_quotes(self):
        """What stands in them must not become a record."""
        path = self.dir / "a.csv.gz"
        path.write_bytes(records.broken_off(
            b'land,id,text\nde,1,x\nde,2,"text\nde,3,no record\nde,4,none\n'))
        result = self.load_mapped(*ALL_BAD, files=[path], code=1)
        self.assert_file(result, "a.csv.gz", "failed", "truncated")
        held = {name: set(server.keys())
                for name, server in self.servers.items()}
        self.assertLessEqual(held["de"], {b"de:1"}, result)

    def test_a_file_of_them_takes_no_time(self):
        """Each line opens one, whether one was open before or not."""
        n = memc.scale(400000, 10000)
        path = self.write("a.csv.gz", b'land,id,text\nde,1,x\n'
                          + b'",x",y,"\n' * n)
        result = self.load_mapped(*ALL_BAD, "--no-rejects", files=[path])
        self.assertEqual(result.rejects["bad_line"], n)


class Headers(CsvTest):
    def test_files_of_another_order(self):
        """Of one run, and with columns that nobody asked for."""
        texts = [written(self.some_rows(400, i, names)) for i, names in
                 enumerate((["land", "id", "text"], ["text", "id", "land"],
                            ["x", "id", "y", "text", "", "land", "x"]))]
        files = [self.write(f"{i}.csv.gz", text)
                 for i, text in enumerate(texts)]
        result = self.load_mapped("--processes", "2", files=files)
        self.assert_holds(self.expected(*texts), note=result)

    def test_columns_of_a_line_are_counted_by_the_header(self):
        path = self.write("a.csv", b"land,id,text,x\nde,1,a,\nde,2,b\n"
                          b"de,3,c,,\n", is_gzip=False)
        result = self.load_mapped(*ALL_BAD, files=[path])
        self.assert_holds({"de": {b"de:1": b"a"}})
        self.assertEqual([(row["line"], row["detail"])
                          for row in self.rows_of("a.csv")],
                         [(3, "3 columns, wanted 4"),
                          (4, "5 columns, wanted 4")])

    def test_a_column_that_is_not_there(self):
        """The file fails before anything of it is stored; the others do not.
        """
        good = self.write("a.csv", b"land,id,text\nde,1,a\n", is_gzip=False)
        bad = self.write("b.csv.gz", b"land,Id,text\nde,2,b\n")
        for more in (("--threads", "0"), ("--threads", "2")):
            result = self.load_mapped("--no-rename", *more, code=1,
                                      files=[good, bad])
            self.assert_file(result, "a.csv", "done")
            row = self.assert_file(result, "b.csv.gz", "failed", "header")
            self.assertEqual(row["lines"], 0)
            self.assertIn('the first line has no column "id"; it names '
                          '"land", "Id", "text"; the key (map.yml:5) needs '
                          'it; did you mean "Id"?',
                          result.err)
            self.assertRegex(result.out, r"b\.csv\.gz: header: the first line has no column")
            self.assert_holds({"de": {b"de:1": b"a"}}, note=result)
            self.flush_all()
        self.assert_kept(bad)

    def test_other_headers_that_are_none(self):
        for text, said in (
                (b"land,id,text,id\n", 'column "id" is in the first line 2 times'),
                (b'land,id,"text\n', "no closing quote in column 3"),
                (b"land;id;text\n", 'is delimiter: ";" meant?'),
                (b"de,1,x\n", 'the first line has no column "land"; it '
                              'names "de", "1", "x"'),
                (b"\n", 'the first line has no column "land"'),
                (b"land,id,te\0xt\n", "NUL byte"),
                (b"land,id,text" + b"x" * 5000 + b"\n",
                 "the first line, which names the columns, is longer than "
                 "--max-line")):
            path = self.write("a.csv.gz", text + b"de,1,x\n")
            result = self.load_mapped("--max-line", "4KiB", files=[path],
                                      code=1)
            self.assert_file(result, "a.csv.gz", "failed", "header")
            self.assertIn(said, result.err)
            self.assertEqual(result.totals["lines"], 0)

    def test_a_file_of_a_header_or_of_nothing(self):
        for text in (b"land,id,text", b"land,id,text\r\n", b""):
            path = self.write("a.csv.gz", text)
            result = self.load_mapped(files=[path])
            self.assert_file(result, "a.csv.gz", "done")
            self.assertEqual(result.totals["lines"], 0)

    def test_a_stream_that_breaks_off_in_its_header(self):
        path = self.dir / "a.csv.gz"
        path.write_bytes(records.broken_off(b"land,i")[:14])
        result = self.load_mapped(files=[path], code=1)
        self.assert_file(result, "a.csv.gz", "failed", "truncated")

    def test_a_first_line_that_is_skipped(self):
        """By the mapping, and by an option, of the built-in record as well.
        """
        text = b"anything\nde,1,x\n"
        for lines, more in (
                ("columns: [land, id, text]\n  skip_header: true", ()),
                ("columns: [land, id, text]", ("--skip-header",))):
            path = self.write("a.csv.gz", text)
            result = self.load_mapped(*more, files=[path],
                                      mapping=self.mapping(lines))
            self.assertEqual(result.totals["lines"], 1)
            self.assert_holds({"de": {b"de:1": b"x"}})
            self.flush_all()
        path = self.write("a.tsv.gz", b"dev_type\tdev_id\n" + records.line())
        result = self.load("--skip-header", files=[path],
                           servers={"idfa": self.servers["de"]})
        self.assertEqual(result.totals["lines"], 1)
        self.assertEqual(result.totals["stored"], 1)

    def test_without_a_header_the_first_line_is_a_record(self):
        path = self.write("a.csv.gz", b"de,1,x\nat,2,y\n")
        self.load_mapped(files=[path],
                         mapping=self.mapping("columns: [land, id, text]"))
        self.assert_holds({"de": {b"de:1": b"x"}, "at": {b"at:2": b"y"}})


class Rejects(CsvTest):
    TEXT = (b'text,"land",id\r\n'
            b'"a ""quoted""\r\nword",ch,1\r\n'
            b'good,de,2\r\n'
            b'",",de,\r\n'
            b'",",de,4\r\n'
            b'x,ch\r\n'
            b'\xff,ch,5\r\n')

    def test_they_load_again_as_they_are(self):
        """First mended, then whole: with a shard for them."""
        path = self.write("a.csv.gz", self.TEXT)
        result = self.load_mapped(*ALL_BAD, files=[path])
        self.assertEqual(result.totals["rejected"], 4)
        row = result.file("a.csv.gz")
        self.assertIsNone(row["rejects_tsv"])
        self.assertEqual(row["rejects_csv"], str(path) + ".rejects.csv")
        self.assertRegex(result.out, r"a\.csv\.gz\.rejects\.csv +4\n")
        rejects = self.dir / "a.csv.gz.rejects.csv"
        self.assertEqual(
            rejects.read_bytes(),
            b'text,"land",id\n"a ""quoted""\r\nword",ch,1\n",",de,\n'
            b'x,ch\n\xff,ch,5\n')
        self.assertEqual([row["line"] for row in self.rows_of("a.csv.gz")],
                         [2, 5, 7, 8])
        again = self.load_mapped(
            *ALL_BAD, files=[rejects], mapping=self.mapping(
                shards={**self.servers, "ch": self.servers["at"]}))
        self.assertEqual(again.totals["lines"], 4)
        self.assertEqual(again.totals["stored"], 2, again)
        self.assert_holds({"de": {b"de:2": b"good", b"de:4": b","},
                           "at": {b"ch:1": b'a "quoted"\r\nword',
                                  b"ch:5": b"\xff"}}, note=again)

    def test_lines_of_a_server_that_was_away(self):
        text = written(self.some_rows(500, 3))
        path = self.write("a.csv", text, is_gzip=False)
        result = self.load_mapped(
            "--degraded", files=[path], code=1, mapping=self.mapping(
                shards={**self.servers, "at": f"unix:{self.dir}/none"}))
        self.assertGreater(result.totals["failed"], 0)
        rejects = self.dir / "a.csv.rejects.csv"
        again = self.load_mapped(files=[rejects])
        self.assertEqual(again.totals["lines"], result.totals["failed"])
        self.assert_holds(self.expected(text), note=again)

    def test_a_skipped_first_line_is_there_again(self):
        for first, kept in ((b"# comment", b"# comment"),
                            (b'"open', b""), (b"a\0b", b"")):
            path = self.write("a.csv.gz", first + b"\nch,1,x\nde,2,y\n")
            how = dict(mapping=self.mapping(
                "columns: [land, id, text]\n  skip_header: true"))
            self.load_mapped(*ALL_BAD, files=[path], **how)
            rejects = self.dir / "a.csv.gz.rejects.csv"
            self.assertEqual(rejects.read_bytes(), kept + b"\nch,1,x\n")
            again = self.load_mapped("--no-rejects", files=[rejects], code=1,
                                     **how)
            self.assertEqual(again.totals["lines"], 1)
            self.assertEqual(again.rejects["unknown_type"], 1)

    def test_tsv_with_a_header(self):
        path = self.write("a.tsv", b"id\ttext\tland\n1\ta\tch\n"
                          b"2\tb\tde\n", is_gzip=False)
        self.load_mapped(*ALL_BAD, files=[path],
                         mapping=self.mapping(form="tsv"))
        self.assertEqual((self.dir / "a.tsv.rejects.tsv").read_bytes(),
                         b"id\ttext\tland\n1\ta\tch\n")

    def test_nothing_is_written_over(self):
        """A file that is to be loaded is not where bad lines go; patterns
        leave those of earlier loads alone."""
        path = self.write("a.csv", self.TEXT, is_gzip=False)
        other = self.write("a.csv.rejects.csv", self.TEXT, is_gzip=False)
        result = self.load_mapped(files=[path, other], code=2, summary=False)
        self.assertIn("it is where the bad lines of", result.err)
        self.assertEqual(other.read_bytes(), self.TEXT)
        result = self.load_mapped(*ALL_BAD, "--no-rejects", "--pattern",
                                  self.dir / "*.csv")
        self.assertEqual(result.totals["files"], 1)


class Everywhere(CsvTest):
    """All that reads files reads these."""

    def files(self):
        texts = [written(self.some_rows(500, seed, names)) for seed, names in
                 ((1, ["land", "id", "text"]), (2, ["text", "land", "id"]))]
        return texts, [self.write(f"{i}.csv.gz", text)
                       for i, text in enumerate(texts)]

    def test_verify_and_census(self):
        texts, files = self.files()
        n = sum(map(len, self.expected(*texts).values()))
        result = self.load_mapped("--verify", "all", "--no-rename",
                                  files=files)
        for found in (result, self.load(
                "verify", "-v", *self.mapping(), files=files, servers={}),
                self.load("verify", "-v", "--verify", "50", *self.mapping(),
                          files=files, servers={})):
            row = found.summary["verify"]
            self.assertEqual(row["matched"], row["sampled"], found)
            self.assertEqual(row["population"], n, found)

    def test_strays_have_their_number_in_the_file(self):
        text = b'id,land,text\n1,de,"a\nb"\n2,de,c\n3,at,"d\n\n"\n4,at,e\n'
        path = self.write("a.csv.gz", text)
        self.load_mapped("--no-rename", files=[path])
        self.flush_all()
        result = self.load("verify", "-v", *self.mapping(), files=[path],
                           code=6, servers={})
        told = re.findall(r"a\.csv\.gz:(\d+): missing: (\S+)", result.err)
        self.assertEqual(sorted(told), [("2", "de:1"), ("4", "de:2"),
                                        ("5", "at:3"), ("8", "at:4")])

    def test_a_header_that_does_not_fit_is_told_by_all(self):
        path = self.write("a.csv.gz", b"land,key,text\nde,1,x\n")
        said = 'the first line has no column "id"'
        result = self.load("verify", *self.mapping(), files=[path], code=1,
                           servers={})
        self.assert_file(result, "a.csv.gz", "failed", "header")
        self.assertIn(said, result.err)
        result = self.doctor(*self.mapping(), files=[path], servers={},
                             code=1)
        self.assertIn(said, result.out + result.err)

    def test_doctor_foretells(self):
        texts, files = self.files()
        n = sum(map(len, self.expected(*texts).values()))
        result = self.doctor(*self.mapping(), files=files, servers={})
        forecast = result.summary["forecast"]
        self.assertEqual(forecast["rejected"], 0, result)
        self.assertEqual(sum(row["items"]
                             for row in result.summary["servers"]), n, result)

    def test_bench(self):
        """Loads, and the floor that packs lines itself."""
        texts, files = self.files()
        result = self.start(
            "bench", *self.mapping(), "--sweep", "mode=multi", "--repeat", "1",
            "--json", "report.json", "--processes", "1", servers={},
            summary=False, files=files).finish(4 * memc.DEADLINE_S)
        self.assertEqual(result.code, 0, result)
        report = json.loads((self.dir / "report.json").read_text("utf-8"))
        n = sum(len(columns(text)) - 1 for text in texts)
        for run in report["runs"]:
            self.assertFalse(run["failed"], run)
            self.assertEqual(run["lines"], n, run)

    def test_a_server_that_lost_what_it_held(self):
        """Its lines are loaded again, by the header of each file; and their
        rejected ones stand in the rejects file once."""
        text = written(self.some_rows(3000, 4, ["text", "id", "land"])
                       + [["x", "1", "ch"]])
        other = written(self.some_rows(3000, 5, ["id", "land", "text"]))
        gate = self.proxy(self.servers["de"].address)
        for how in range(2):
            files = [self.write("a.csv.gz", text),
                     self.write("b.csv.gz", other)]
            gate.hold_after(1000)
            running = self.start(
                *self.mapping(shards={"de": gate, "at": self.servers["at"]}),
                *ALL_BAD, "--processes", str(how + 1), "--batch", "100",
                "--window", "1KiB", files=files, servers={})
            gate.wait_held()
            self.wait_begun(running, self.servers["at"])
            self.servers["at"].flush()
            gate.release()
            result = self.check(running)
            expected = self.expected(
                text[:text.rindex(b"x,1,ch")], other)
            self.assert_holds(expected, note=result)
            self.assertIs(result.shard("at")["restarted"], True, result)
            self.assertEqual(
                (self.dir / "a.csv.gz.rejects.csv").read_bytes(),
                b"text,id,land\nx,1,ch\n")
            self.flush_all()


if __name__ == "__main__":
    memc.main()
