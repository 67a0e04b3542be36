#!/usr/bin/python3
"""docs/faults.md names tests that exist; docs/tuning.md has its blocks."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


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


if __name__ == "__main__":
    unittest.main()
