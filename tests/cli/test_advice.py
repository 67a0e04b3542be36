#!/usr/bin/python3
"""What people are told to do about what went wrong: advice that helps, and
"run again" only where that does."""

import os
import signal
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import generate, line  # noqa: E402


class Files(memc.LoadTest):
    """Files that another run as it is would not load either."""

    shards = records.TYPES

    def told(self, files, *advice, **more):
        """All of the advice, in log and report, and nothing idle."""
        result = self.load(files=files, code=1, **more)
        for text in (result.err, result.out):
            for each in advice:
                self.assertIn(each, text)
            for idle in ("run again", " 0 records before", " 0 lines before",
                         " 1 lines", " 1 records"):
                self.assertNotIn(idle, text)
        self.assertTrue(result.out.endswith("; see above what to do.\n"),
                        result)
        return result

    def gzip(self, content):
        path = self.dir / "a.tsv.gz"
        path.write_bytes(content)
        return [path]

    def test_a_directory(self):
        self.told([self.dir], "it is a directory", "--pattern")

    def test_no_such_file(self):
        self.told([self.dir / "none"], "there is no such file: check the name")

    def test_bad_lines_alone(self):
        self.told([self.write("a.tsv.gz", b"x\n" + line())],
                  "50 % of its records were rejected",
                  "mend its lines or raise that, then load it again")

    def test_nothing_but_bad_lines(self):
        path = self.write("a.tsv.gz", b"x\n \n" + line(lat="x") + b"y\n")
        self.told([path], "every line was rejected, most as columns: it may "
                  "need a mapping (--mapping FILE); see memc_load explain, "
                  "then load it again")
        (self.dir / "m.yml").write_text(
            "input: {columns: [a, b]}\nrecord: {format: raw, column: b}\n"
            "key: '{a}'\nroute: {hash: key}\n"
            f"servers: {{s: '{self.fake().address}'}}\n")
        self.told(["--mapping", self.dir / "m.yml",
                   self.write("b.tsv.gz", b"x\n")],
                  "every line was rejected, all as columns: the mapping may "
                  "be wrong; see memc_load explain, then load it again",
                  servers={})

    def test_shards_of_other_names(self):
        text = b"".join(line(kind) for kind in ("gaid", "adid", "idfa"))
        self.told(["--dry", "--shard", "idfaa=127.0.0.1:1",
                   self.write("a.tsv.gz", text)],
                  "100 % of its records were rejected, all as unknown_type: "
                  "there is no such shard; there is idfaa: see --shard, then "
                  "load it again", servers={})
        names = ["idfa", "a", "b", "c", "d"]
        self.told(["--dry", *(f"--shard={name}=127.0.0.1:1" for name in names),
                   self.write("b.tsv.gz", text + b"x\n")],
                  "75 % of its records were rejected, most as unknown_type: "
                  "there is no such shard; there are idfa, a, b, c, ...: see "
                  "--shard, then load it again", servers={})

    def test_an_empty_file(self):
        self.told(self.gzip(b""), "it is empty; check where it comes from")

    def test_packed_in_another_way(self):
        self.told(self.gzip(b"BZh\0" + b"x" * 100), "a NUL byte at byte 3",
                  "unpack it and pipe the text into memc_load -")

    def test_cut_off(self):
        for n, before in ((1, "the record before that was"),
                          (1200, "the 1,200 records before that were")):
            with self.subTest(n):
                text = generate(n, 1) + line()[:5]
                self.told(self.gzip(records.broken_off(text)), "truncated",
                          f"; {before} stored; get it anew and load it again")

    def test_cut_off_at_once(self):
        self.told(self.gzip(b"\x1f\x8b\x08"),
                  "inside the header of member 1; get it anew and load it "
                  "again")

    def test_standard_input(self):
        for text, *advice in (
                (b"x\n" + line(), "stdin: ", "mend its lines or raise that, "
                 "then feed it in again"),
                (b"x\n", "stdin: ", "explain, then feed it in again"),
                (None, "stdin: ", "it is empty; check where it comes from"),
                (b"\x1f\x8b\x08", "stdin: ", "feed it in again, whole")):
            with self.subTest(text):
                result = self.told(["-"], *advice, stdin=text)
                self.assertNotIn("-: ", result.err + result.out)
                self.assertEqual(result.file()["path"], "-")

    def test_where_it_helps(self):
        """A worker that was killed, a server that was away."""
        it = self.fake()
        it.hold_after(1)
        path = self.write("a.tsv.gz", generate(3000, 1, types=("idfa",)))
        running = self.start("--batch", "100", "--threads", "0", files=[path],
                             servers={"idfa": it})
        it.wait_held()
        os.kill(running.workers()[0], signal.SIGKILL)
        result = self.check(running, 1)
        self.assertRegex(result.out, r"; run again to load it\.\n$")


class Interrupted(memc.LoadTest):
    def interrupted(self, **more):
        it = self.fake()
        it.hold_after(1)
        running = self.start("--batch", "100", "--threads", "0",
                             servers={"idfa": it}, **more)
        it.wait_held()
        self.stop_held(running, signal.SIGINT, it)
        return self.check(running, 4)

    def test_it_is_said_once(self):
        path = self.write("a.tsv.gz", generate(9000, 1, types=("idfa",)))
        result = self.interrupted(files=[path])
        self.assertIn(f"{path}: interrupted: stopped; run again to load it\n",
                      result.err)
        self.assertIn(f"{path}: interrupted: stopped; run again to load it\n",
                      result.out)
        self.assertRegex(result.out, r"; run again to load the rest\.\n$")

    def test_standard_input(self):
        result = self.interrupted(
            files=["-"], stdin=generate(9000, 1, types=("idfa",)))
        for text in (result.err, result.out):
            self.assertIn("stdin: interrupted: stopped; feed it in again to "
                          "load it\n", text)
            self.assertNotIn("run again", text)


class Plurals(memc.LoadTest):
    shards = records.TYPES

    def test_one_of_each(self):
        path = self.write("a.tsv.gz", line())
        result = self.load("-v", files=[path])
        self.assertRegex(result.err, r"read and acknowledged: 1 line in ")
        self.assertNotRegex(result.err + result.out,
                            r"(?<![\d,.])1 (lines|records|files|items|"
                            r"processes|batches|connections)\b(?!/s)")


if __name__ == "__main__":
    memc.main()
