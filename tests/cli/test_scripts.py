#!/usr/bin/python3
"""What people see of scripts/gen-data and with-memcached: what was wrong. And
that scripts/bench measures all that it says, on data too small to tell."""

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
        self.assert_measured(rows, 5, table)

    def test_shards(self):
        figures, table = self.bench("--shards")
        rows = figures["growth"]
        self.assertEqual(
            [(row["lru_thread"], row["shards"]) for row in rows],
            [("runs", 4), ("runs", 64), ("off", 4), ("off", 64)])
        for row in rows:
            self.assertEqual(row["lines"], 10000)
            self.assertTrue(any(line.split()[:2] == [row["lru_thread"],
                                                     str(row["shards"])]
                                for line in table), table)


if __name__ == "__main__":
    unittest.main()
