#!/usr/bin/python3
"""What memc_load bench writes: CSV, JSON, config, plot with and without
gnuplot; and the settings it recommends, taken at its word."""

import csv
import json
import os
import pathlib
import shlex
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import memc
import test_bench
from memc import scale

SWEEPS = ["--sweep", "window=4KiB,64KiB", "--sweep", "threads=0,1"]
LINES = 1000


class Output(test_bench.BenchTest):
    def bench(self, *args, code=0, path=None):
        return super().bench(
            "--generate", str(scale(LINES, 200)), "--repeat", "1",
            "--progress", "never", *SWEEPS, *args, code=code,
            env={"PATH": path} if path else None)

    def path_without_gnuplot(self):
        """A directory with memcached alone."""
        where = self.dir / "bin"
        where.mkdir()
        (where / "memcached").symlink_to(shutil.which("memcached"))
        return str(where)

    def rows(self, name):
        with open(self.dir / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def test_all_files(self):
        path = self.path_without_gnuplot()
        # one that draws what it is told, so that it can be looked at
        plotter = pathlib.Path(path) / "gnuplot"
        plotter.write_text("#!/bin/sh\nexec /bin/cat\n", "utf-8")
        plotter.chmod(0o755)
        result = self.bench("--csv", "a.csv", "--json", "a.json", "--plot",
                            "a.svg", "--write-config", "a.yml", path=path)
        rows = self.rows("a.csv")
        report = json.loads((self.dir / "a.json").read_text("utf-8"))
        self.assertEqual(len(rows), 4 + 3)
        self.assertEqual([row["kind"] for row in rows],
                         [run["kind"] for run in report["runs"]])
        loads = [row for row in rows if row["kind"] == "load"]
        self.assertEqual({(row["window"], row["threads"]) for row in loads},
                         {(w, t) for w in ("4KiB", "64KiB") for t in "01"})
        for row, run in zip(rows, report["runs"]):
            self.assertEqual(int(row["lines"]), run["lines"])
            self.assertEqual(row["failed"], "false")
            self.assertEqual(int(row["cores"]), report["machine"]["cores"])
            self.assertAlmostEqual(float(row["wall_s"]), run["wall_s"], 3)
        for fact in ("cores", "kernel", "memcached", "libmemcached", "zlib",
                     "protobuf_c", "memory_bytes"):
            self.assertTrue(report["machine"][fact], fact)
        script = (self.dir / "a.svg").read_text("utf-8")
        self.assertIn("set xlabel 'window (bytes)'", script)
        self.assertIn("title 'threads=0'", script)
        # the fastest of one run each, in the words of the report
        self.assertIn("noise is not known", result.out)
        self.assertIn(report["recommended"]["command"], result.out)
        best = report["settings"][0]["setting"]
        self.assertEqual(report["recommended"]["setting"], best)

    def test_recommended_settings_load(self):
        self.bench("--write-config", "best.yml", "--json", "a.json",
                   "--max-line", "2000")
        report = json.loads((self.dir / "a.json").read_text("utf-8"))
        self.write("x.tsv.gz", "".join(
            f"idfa\t{i}\t1.5\t2.5\t1,2\n" for i in range(100)).encode())
        command = shlex.split(report["recommended"]["command"])
        self.assertEqual(command[0], "memc_load")
        self.assertIn("--max-line", command)
        self.assertEqual(command[-1], "FILE...")
        for options in (command[1:-1], ["--config", "best.yml"]):
            result = self.load(*options, "--dry", files=["x.tsv.gz"],
                               servers={})
            self.assertEqual(result.summary["totals"]["sent"], 100)
        config = (self.dir / "best.yml").read_text("utf-8")
        for option, value in report["recommended"]["setting"].items():
            self.assertIn(f"  {option}: {value}\n", config)
        self.assertIn("  max-line: 2000\n", config)

    def test_without_gnuplot(self):
        result = self.bench("--csv", "a.csv", "--json", "a.json", "--plot",
                            "a.png", "--write-config", "a.yml", code=3,
                            path=self.path_without_gnuplot())
        said = [line for line in result.err.splitlines() if "gnuplot" in line]
        self.assertEqual(len(said), 2, result.err)
        self.assertIn("W --plot: there is no gnuplot in PATH", said[0])
        self.assertIn("E --plot: there is no gnuplot in PATH: a.png is not "
                      "drawn. Install it", said[1])
        self.assertIn("gnuplot a.png.gnuplot >a.png", said[1])
        self.assertEqual(len(self.rows("a.csv")), 7)
        self.assertTrue((self.dir / "a.json").exists())
        self.assertTrue((self.dir / "a.yml").exists())
        self.assertFalse((self.dir / "a.png").exists())
        self.assertIn("Recommended: ", result.out)

    @unittest.skipUnless(shutil.which("gnuplot"), "needs gnuplot")
    def test_real_pictures(self):
        self.bench("--plot", "a.svg")
        picture = (self.dir / "a.svg").read_text("utf-8")
        for text in ("window (bytes)", "threads=0", "threads=1", "4KiB",
                     "64KiB", "ceiling: ", "speed (1,000 lines a second)"):
            self.assertIn(text, picture)

    def test_csv_on_standard_output(self):
        result = self.bench("--csv", "-")
        rows = list(csv.DictReader(result.out.splitlines()))
        self.assertEqual(len(rows), 7)
        self.assertIn("Recommended: ", result.err)

    def test_refused_before_anything_is_measured(self):
        for args, code, told in (
                (["--plot", "a.pdf"], 2, "must end in .svg or .png"),
                (["--csv", "a", "--json", "a"], 2, "name the same file"),
                (["--json", "no/such/a"], 3, "cannot write no/such/a")):
            with self.subTest(args):
                result = self.bench(*args, code=code)
                self.assertIn(told, result.err)
                self.assertNotIn("warming up", result.err)
                self.assertEqual(result.out, "")


if __name__ == "__main__":
    memc.main()
