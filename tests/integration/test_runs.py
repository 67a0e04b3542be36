#!/usr/bin/python3
"""One load again and again in one process, as plans and daemons run them: each
run behaves like the first, and leaves nothing behind."""

import json
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
from records import generate  # noqa: E402

LINES = 400
SMALL = ("--batch", "50", "--window", "1KiB", "--connections", "1",
         "--processes", "2", "--timeout", "20000")
# what must be the same after every run
LEFT = ("fds", "children", "threads", "heap_bytes", "sigint")
# freed memory that malloc() keeps in a cache counts as taken
NO_CACHE = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}


def runs_of(result):
    return [json.loads(line) for line in result.out.splitlines()]


class Runs(memc.LoadTest):
    shards = ("idfa",)

    def begin(self, n_runs, *args, servers=None):
        self.files = [
            self.write(f"{name}.tsv.gz",
                       generate(LINES, i + 1, types=("idfa",), apps=(1, 9)))
            for i, name in enumerate("abc")]
        return self.start(
            *SMALL, *args, files=self.files, servers=servers, summary=False,
            env=NO_CACHE,
            command=[str(memc.SUPPORT / "runs"), str(n_runs)])

    def assert_same_left(self, runs, forks_least=5, forks_most=8):
        """But the first, which meets some allocations that stay."""
        for number, run in enumerate(runs[2:], 3):
            for what in LEFT:
                self.assertEqual(run[what], runs[1][what],
                                 f"{what} after run {number}: {runs}")
        for run in runs:
            # a process for each input, and for each asking of the servers,
            # which is one for one input or for several; before them and at the
            # end, one for the canaries
            self.assertGreater(run["forks"], forks_least, runs)
            self.assertLessEqual(run["forks"], forks_most, runs)
        self.assertEqual([run["children"] for run in runs],
                         [False] * len(runs))
        self.assertEqual([run["sigint"] for run in runs], [True] * len(runs))

    def test_ten_runs_leave_nothing(self):
        result = self.check(self.begin(10))
        runs = runs_of(result)
        self.assertEqual(len(runs), 10)
        for run in runs:
            self.assertEqual((run["exit_code"], run["files"], run["stored"]),
                             (0, 3, 3 * LINES), result)
        self.assert_same_left(runs)

    def test_ten_verifications_leave_nothing(self):
        result = self.check(self.begin(10, "--verify", "all"))
        runs = runs_of(result)
        self.assertEqual([run["exit_code"] for run in runs], [0] * 10, result)
        # once more for each input, and one that settles what was found
        self.assert_same_left(runs, 5 + 4, 8 + 4)

    def stop_in(self, which, n_runs):
        """All of them into a fake, and Ctrl-C while that run has stored a part
        of its first file."""
        it = self.fake()
        it.hold_after((which - 1) * 3 * LINES + 60)
        running = self.begin(n_runs, servers={"idfa": it})
        it.wait_held()
        self.stop_held(running, signal.SIGINT, it)
        result = self.check(running)
        runs = runs_of(result)
        self.assertEqual(len(runs), n_runs, result)
        for number, run in enumerate(runs, 1):
            if number == which:
                self.assertEqual(run["exit_code"], 4, result)
                self.assertLess(run["stored"], 3 * LINES)
            else:
                self.assertEqual(
                    (run["exit_code"], run["files"], run["stored"]),
                    (0, 3, 3 * LINES), result)
        return runs

    def test_stop_in_the_third_of_ten(self):
        runs = self.stop_in(3, 10)
        left = runs[:2] + runs[3:]
        self.assert_same_left(left)
        for what in ("fds", "children", "threads", "sigint"):
            self.assertEqual(runs[2][what], left[1][what], what)

    def test_stop_in_the_second_of_two(self):
        self.stop_in(2, 2)

    def test_stop_in_the_first_of_two(self):
        self.stop_in(1, 2)


if __name__ == "__main__":
    memc.main()
