#!/usr/bin/python3
"""docs/contract.md has every key of the summary and what is cited of it;
docs/faults.md names tests that exist; docs/tuning.md has its blocks; the
mappings of the man page are taken."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROG = os.environ["MEMC_LOAD"]
DEADLINE_S = 60

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


def tests_of(path):
    """{class: {test, ...}} of a file of tests."""
    found, name = {}, None
    for line in path.read_text().splitlines():
        match = re.match(r"class (\w+)|    def (test_\w+)", line)
        if match and match[1]:
            name = found.setdefault(match[1], set())
        elif match:
            name.add(match[2])
    return found


def keys_of(value):
    """Every key in a JSON value."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_of, value.values()))
    return set().union(*map(keys_of, value)) if isinstance(value, list) \
        else set()


class Contract(unittest.TestCase):
    def setUp(self):
        self.text = (ROOT / "docs/contract.md").read_text("utf-8")

    def test_each_section_that_is_cited(self):
        sections = set(re.findall(r"^## (\d+)\. ", self.text, re.M))
        cited = 0
        for path in [*(ROOT / "src").rglob("*.[ch]"),
                     *(ROOT / "tests").rglob("*.[ch]")]:
            text = re.sub(r"\n \* ", " ", path.read_text("utf-8"))
            for first, second in re.findall(
                    r"docs/contract\.md(?: (\d+)(?: and (\d+))?)?", text):
                cited += 1
                self.assertIn(first, sections, path)
                self.assertIn(second or first, sections, path)
        self.assertGreater(cited, 10)

    def test_each_key_of_the_summary(self):
        with tempfile.TemporaryDirectory() as directory:
            where = pathlib.Path(directory)
            (where / "a.tsv").write_text("idfa\tx\t1\t2\t3\n")
            subprocess.run(
                [PROG, "--dry", "--summary", "s.json", "a.tsv"], cwd=where,
                capture_output=True, timeout=DEADLINE_S, check=True)
            keys = keys_of(json.loads((where / "s.json").read_text()))
        named = set(re.findall(r"`(\w+)`", self.text))
        self.assertLessEqual(keys, named)

    def test_each_reason(self):
        named = set(re.findall(r"`(\w+)`", self.text))
        for file in ("record/reason.h", "load/input_reason.h", "memc/item.h"):
            text = (ROOT / "src" / file).read_text("utf-8")
            words = set(re.findall(r'\bX\([A-Z_]+, "(\w+)"', text))
            self.assertGreater(len(words), 5, file)
            self.assertLessEqual(words, named, file)


class House(unittest.TestCase):
    """src/README.md names files and functions that are there."""

    def test_each_place(self):
        text = (ROOT / "src/README.md").read_text("utf-8")
        places = re.findall(r"`(\w+/\w+\.[ch])`((?:,? (?:and )?`\w+\(\)`)*)",
                            text)
        self.assertGreater(len(places), 60)
        for file, functions in places:
            path = ROOT / "src" / file
            self.assertTrue(path.exists(), file)
            code = path.read_text("utf-8")
            for name in re.findall(r"`(\w+)\(\)`", functions):
                self.assertRegex(code, rf"(?m)\b{name}\(", file)


class Faults(unittest.TestCase):
    def test_each_is_there(self):
        text = (ROOT / "docs/faults.md").read_text()
        named = re.findall(r"`(test_\w+): (\w+)(?:\.(\w+))?`", text)
        self.assertGreater(len(named), 50)
        for file, group, test in named:
            path = ROOT / "tests/integration" / (file + ".py")
            self.assertTrue(path.exists(), path)
            groups = tests_of(path)
            self.assertIn(group, groups, path)
            if test:
                self.assertIn(test, groups[group], f"{path}, {group}")

    def test_each_row_has_a_test(self):
        text = (ROOT / "docs/faults.md").read_text()
        rows = [line for line in text.splitlines()
                if line.startswith("| ") and not line.startswith("| fault")]
        for row in rows:
            self.assertRegex(row, r"`(test_|tests/)[^`]*`", row)
        for path in re.findall(r"`(tests/[\w/.]+)`", text):
            self.assertTrue((ROOT / path).exists(), path)


class Tuning(unittest.TestCase):
    def test_each_benchmark_has_its_block(self):
        script = (ROOT / "scripts/tune").read_text()
        text = (ROOT / "docs/tuning.md").read_text()
        benches = re.search(r"^BENCHES = {\n(.*?)^}", script, re.M | re.S)[1]
        names = re.findall(r'^ +"([\w-]+)": "', benches, re.M)
        blocks = re.findall(r"<!-- tune ([\w-]+) -->(.*?)<!-- end -->", text,
                            re.S)
        self.assertEqual(sorted(names), sorted(name for name, _ in blocks))
        for name, block in blocks:
            self.assertNotIn("<!-- tune", block, name)

    def test_each_picture_is_there(self):
        text = (ROOT / "docs/tuning.md").read_text()
        for picture in re.findall(r"!\[[^]]*\]\(([^)]*)\)", text):
            self.assertTrue((ROOT / "docs" / picture).exists(), picture)


class MappingManPage(unittest.TestCase):
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
