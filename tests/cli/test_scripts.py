#!/usr/bin/python3
"""What people see of scripts/gen-data and with-memcached: what was wrong. That
scripts/bench measures all that it says, on data too small to tell. And that
scripts/check-deps finds each thing that it is to find."""

import json
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 60


def gen_data(*words):
    return subprocess.run([ROOT / "scripts/gen-data", *words], text=True,
                          capture_output=True, timeout=DEADLINE_S)


class WithMemcached(unittest.TestCase):
    def test_ports_that_are_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = subprocess.run(
                [ROOT / "scripts/with-memcached", "-n", "1", "-m", "64",
                 "--ports", str(port), "--", "sh", "-c",
                 "echo $MEMC_SHARDS"], text=True, capture_output=True,
                timeout=DEADLINE_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^--shard idfa=127\.0\.0\.1:\d+\n$")
        self.assertNotIn(f":{port}\n", done.stdout)
        self.assertIn(f"with-memcached: not from {port} on, where a port is "
                      "taken: the command finds them by $MEMC_SHARDS\n",
                      done.stderr)


class GenData(unittest.TestCase):
    def test_usage(self):
        done = gen_data("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith("usage: gen-data [OPTION]"))

    def test_what_is_wrong(self):
        for words, said in (
                (["--nope"], "gen-data: unrecognized option '--nope'\n"),
                (["--shards", "0"], "gen-data: --shards takes a number from 1 "
                 'to 1024, not "0"\n'),
                (["--files", "many"], "gen-data: --files takes a number from "
                 '0 to 1440, not "many"\n'),
                (["--bad", "1"], 'gen-data: --bad takes 0 to 0.5, not "1"\n'),
                (["dir"], 'gen-data: no operands, please: "dir"\n')):
            with self.subTest(words):
                done = gen_data(*words)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertTrue(done.stderr.startswith(said), done.stderr)
                self.assertNotIn("gen:", done.stderr)

    def test_no_place(self):
        with tempfile.TemporaryDirectory() as directory:
            done = gen_data("--lines", "1", "--files", "1", "--out",
                            f"{directory}/none")
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr, r"^gen-data: .*/none/")


@unittest.skipUnless(os.environ["MEMC_MODE"] == "release",
                     "measures the release build, and builds it")
class Bench(unittest.TestCase):
    def bench(self, *words):
        """What it measured: (all that it wrote, the lines of its table)."""
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/figures.json"
            done = subprocess.run(
                [ROOT / "scripts/bench", "--quick", "--json", path, *words],
                text=True, capture_output=True, timeout=5 * DEADLINE_S)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path, encoding="utf-8") as file:
                return json.load(file), done.stdout.splitlines()

    def assert_measured(self, rows, n_runs, table):
        for row in rows:
            with self.subTest(row["name"]):
                self.assertGreater(row["wall_s"], 0)
                self.assertEqual(len(row["runs"]), n_runs)
                self.assertTrue(any(
                    line.startswith(row["name"]) for line in table), table)

    def test_contestants(self):
        figures, table = self.bench()
        rows = figures["contestants"]
        self.assertEqual([row["name"] for row in rows],
                         ["multi", "bare", "noreply", "dry", "set", "inflate",
                          "pack", "servers"])
        self.assertEqual(rows[0]["lines"], 10000)
        self.assert_measured(rows, 1, table)

    def test_sizes(self):
        figures, table = self.bench("--sizes")
        rows = figures["sizes"]
        self.assertEqual(
            [(row["name"], row["hash_table"], row["lines"]) for row in rows],
            [(name, hash_table, lines)
             for name, hash_table in (("dry", None), ("multi", "grows"),
                                      ("multi", "has room"), ("bare", "grows"))
             for lines in (500, 5000)])
        self.assert_measured(rows, 2, table)

    def test_shards(self):
        figures, table = self.bench("--shards")
        rows = figures["growth"]
        self.assertEqual(
            [(row["lru_thread"], row["shards"]) for row in rows],
            [("runs", 4), ("runs", 16), ("off", 4), ("off", 16)])
        for row in rows:
            self.assertEqual(row["lines"], 10000)
            self.assertTrue(any(line.split()[:2] == [row["lru_thread"],
                                                     str(row["shards"])]
                                for line in table), table)


class CheckDeps(unittest.TestCase):
    """A small tree with one thing wrong, and what is said of it."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        (self.root / "src").mkdir()
        (self.root / "tests").mkdir()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def compile(self):
        for path in (self.root / "src").glob("*/*.c"):
            made = self.root / "build/release" / path.relative_to(
                self.root / "src").with_suffix(".o")
            made.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cc", "-I", self.root / "src", "-c", "-o", made,
                            path], check=True, timeout=DEADLINE_S)

    def check(self):
        return subprocess.run(
            [ROOT / "scripts/check-deps", "--root", self.root],
            capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def found(self, *lines):
        self.compile()
        done = self.check()
        self.assertEqual(done.stdout.splitlines(), list(lines), done.stderr)
        self.assertEqual(done.returncode, 1 if lines else 0, done.stderr)

    def test_nothing_is_wrong(self):
        self.write("src/base/low.h",
                   "struct low { int n; };\nint low(void);\n")
        self.write("src/base/low.c",
                   '#include "base/low.h"\nint low(void) { return 1; }\n')
        self.write("src/value/high.c", '#include "base/low.h"\n'
                   "struct high { struct low low; };\n"
                   "int high(void) { return low(); }\n")
        self.found()

    def test_a_room_above(self):
        self.write("src/value/high.h", "")
        self.write("src/base/low.c", '#include "value/high.h"\n')
        self.found("src/base/low.c:1: base may not include value")

    def test_a_library_outside_of_its_file(self):
        self.write("src/sink/other.c", "#ifdef NEVER\n#include <zlib.h>\n"
                   "#endif\n")
        self.found("src/sink/other.c:2: <zlib.h> belongs to "
                   "source/inflate_zlib.c and bench/data.c")

    def test_a_state_written_by_another(self):
        self.write("src/run/task.c", "#ifdef NEVER\n"
                   "    at->status.state = INPUT_DONE;\n#endif\n")
        self.found("src/run/task.c:2: only src/run/input_state.c writes the "
                   "state of an input")

    def test_a_banned_function(self):
        self.write("tests/t.c", "/* atoi(x) */\n\nint n = atoi(x);\n")
        self.found("tests/t.c:3: atoi() is banned: units_parse_count")

    def test_a_circle_by_calls(self):
        self.write("src/base/a.c", "int b(void);\nint c(void);\n"
                   "int a(void) { return b(); }\n")
        self.write("src/base/b.c", "int c(void);\n"
                   "int b(void) { return c(); }\n")
        self.write("src/base/c.c", "int a(void);\n"
                   "int c(void) { return a(); }\n")
        self.write("src/base/d.c", "int a(void);\n"
                   "int d(void) { return a(); }\n")
        self.found("src/base/a: in a circle: it uses b",
                   "src/base/b: in a circle: it uses c",
                   "src/base/c: in a circle: it uses a")

    def test_a_circle_by_a_call_and_a_header(self):
        self.write("src/base/a.h", "")
        self.write("src/base/a.c",
                   "int b(void);\nint a(void) { return b(); }\n")
        self.write("src/base/b.h", '#include "base/a.h"\n')
        self.write("src/base/b.c", "int b(void) { return 1; }\n")
        self.found("src/base/a: in a circle: it uses b",
                   "src/base/b: in a circle: it uses a")

    def test_without_objects_it_fails(self):
        self.write("src/base/a.c", "int a;\n")
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("base/a.o is not there: run make first", done.stderr)

    def test_with_old_objects_it_fails(self):
        self.write("src/base/a.c", "int a;\n")
        self.compile()
        os.utime(self.root / "build/release/base/a.o", (1, 1))
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("base/a.o is older than its source", done.stderr)

    def test_a_name_of_two_files(self):
        self.write("src/base/same.h", "")
        self.write("src/value/same.c", "")
        self.found("src/value/same.c:1: base/same has that name, too")

    def test_a_struct_defined_twice(self):
        self.write("src/base/a.h",
                   "/* struct pair { */\nstruct pair { int a; };\n")
        self.write("src/value/b.c",
                   "struct pair *p;\n\nstruct pair { int b; };\n")
        self.found("src/value/b.c:3: pair is defined at src/base/a.h:2, too")

    def test_a_paper_that_is_not_there(self):
        paper = "DES" "IGN"
        self.write("docs/a.md", f"x\nas {paper} says\n")
        self.write("src/base/a.h", f"/* A header ({paper}\n * A" ".4). */\n"
                   "enum { BASE_FA" "CTS_H };\n")
        what = ("refers to a paper that is not in the repository: cite "
                "docs/contract.md, or state the fact")
        self.found(f"docs/a.md:2: {paper} {what}",
                   f"src/base/a.h:1: {paper} * A" f".4 {what}")

    def test_a_room_that_is_too_large(self):
        for i in range(61):
            self.write(f"src/base/f{i}.h", "\n" * (123 if i else 121))
        self.found("src/base: 61 files, more than 60: cut the room in two",
                   "src/base: 7501 lines, more than 7500: cut the room in two")

    def test_a_file_that_is_too_long(self):
        self.write("src/base/a.h", "\n" * 451)
        self.found("src/base/a.h:451: more than 450 lines")


if __name__ == "__main__":
    unittest.main()
