#!/usr/bin/python3
"""What people see of scripts/gen-data: its own name, and what was wrong."""

import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_S = 60


def gen_data(*words):
    return subprocess.run([ROOT / "scripts/gen-data", *words], text=True,
                          capture_output=True, timeout=DEADLINE_S)


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


if __name__ == "__main__":
    unittest.main()
