#!/usr/bin/python3
"""A table as public ones are: 30 columns, quotes, line breaks inside, empty
fields, dates; into a nested message with enums, lists, a map, a oneof and
optional fields. Python's csv module and Google's protobuf read it a second
time (support/flights_readback.py): all of it is stored as it should be.
scripts/flights does the same with a million rows."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402

ROWS = memc.scale(4000, 200)
MAPPING = memc.ROOT / "examples" / "flights.yml"
READBACK = memc.ROOT / "tests" / "support" / "flights_readback.py"


def make_rows(*args):
    return subprocess.run(
        [f"{os.environ['MEMC_SUPPORT']}/flights", *args], check=True,
        stdout=subprocess.PIPE, timeout=memc.patience(60)).stdout


class Flights(memc.LoadTest):
    # none of them a shard's name: they are a pool
    shards = ("a", "b", "c", "d")

    def addresses(self):
        return [server.address for server in self.servers.values()]

    def load_rows(self, *args, **more):
        command = args[:1] if args[:1] == ("get",) else ()
        return self.load(*command, "--mapping", MAPPING, *args[len(command):],
                         servers={"flights": ",".join(self.addresses())},
                         **more)

    def read_back(self, path, code=0):
        # Debian's, which has python3-protobuf
        done = subprocess.run(
            ["/usr/bin/python3", READBACK, "-j", "2", path, *self.addresses()],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=memc.patience(120))
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def assert_all_stored(self, result, rows):
        self.assertEqual((result.totals["lines"], result.totals["stored"]),
                         (rows, rows), result)

    def test_each_row_is_stored_as_it_should_be(self):
        text = make_rows("--rows", str(ROWS), "--seed", "5")
        path = self.write("a.csv", text, is_gzip=False)
        for name in ("a.csv", "a.csv.gz"):
            for mode in ("multi", "set"):
                with self.subTest(name=name, mode=mode):
                    self.flush_all()
                    packed = self.write(name, text, name.endswith(".gz"))
                    result = self.load_rows("--mode", mode, "--no-rename",
                                            "--batch", "300", "--threads", "2",
                                            files=[packed])
                    self.assert_all_stored(result, ROWS)
                    self.assertIn(f"{ROWS:,} read back and equal, 0 not",
                                  self.read_back(path))

    def test_what_is_not_as_it_should_be_is_found(self):
        """The second opinion is no rubber stamp."""
        path = self.write("a.csv", make_rows("--rows", "50"), is_gzip=False)
        self.load_rows("--no-rename", files=[path])
        other = self.write("b.csv", make_rows("--rows", "50", "--seed", "2"),
                           is_gzip=False)
        self.assertRegex(self.read_back(other, code=1),
                         r"\b50 rows: 0 read back and equal, 50 not")
        more = self.write("c.csv", make_rows("--rows", "51"), is_gzip=False)
        self.assertRegex(self.read_back(more, code=1),
                         r"UA6: 0 servers have it|AA6: 0 servers have it")
        self.assertIn("50 rows: 50 read back and equal", self.read_back(path))

    def test_the_example_is_loaded_verified_and_shown(self):
        path = memc.ROOT / "examples" / "flights.csv"
        self.assertEqual(path.read_bytes(), make_rows("--rows", "200"))
        result = self.load_rows("--no-rename", "--verify", "all",
                                "--rejects", self.dir, files=[path])
        self.assert_all_stored(result, 200)
        self.assertEqual(result.summary["verify"]["matched"], 200)
        self.assertIn("200 rows: 200 read back and equal",
                      self.read_back(path))
        shown = self.load_rows("get", "2024-01-01:AA1", summary=False)
        self.assertIn('from { airport { code: "SJC" city: "San José, CA" ',
                      shown.out)

    def test_rejected_rows_load_again_once_mended(self):
        text = make_rows("--rows", "100", "--seed", "9").decode()
        head, first, rest = re.match(r"(.*?\n)(.*?\n)(.*)", text,
                                     re.S).groups()
        bad = first.replace("2024-01-01,", "2024-13-01,", 1)
        path = self.write("a.csv", (head + bad + rest).encode(),
                          is_gzip=False)
        result = self.load_rows("--max-error-rate", "0.5", files=[path])
        self.assertEqual(result.rejects, {"bad_value": 1}, result)
        rejects = self.dir / "a.csv.rejects.csv"
        self.assertEqual(rejects.read_text(), head + bad)
        mended = self.write("b.csv", (head + first).encode(), is_gzip=False)
        self.load_rows(files=[mended])
        whole = self.write("c.csv", text.encode(), is_gzip=False)
        self.assertIn("100 rows: 100 read back and equal",
                      self.read_back(whole))


if __name__ == "__main__":
    memc.main()
