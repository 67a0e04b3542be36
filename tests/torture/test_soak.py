#!/usr/bin/python3
"""Small loads, verifications, readings and questions in a loop, some of them
ended at a random moment by signals to the supervisor, to a worker or to all.
After each no process of it is left, no zombie, no lock, no connection, no
shared memory, no item of its own and no file but the inputs under one of their
names, rejects and a summary; and running again completes the load. Then one
process runs a load a thousand times, and neither its memory nor its
descriptors grow.

MEMC_SOAK_MINUTES=N says how long (`make soak`: 30); without it a minute, with
MEMC_SHARE some seconds. MEMC_SEED=N repeats what was run, if not its moments.
"""

import collections
import json
import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import leftovers  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from soak_lane import SMALL, Lane  # noqa: E402

LANES = 2 * (os.cpu_count() or 2)
SEED = int(os.environ.get("MEMC_SEED") or random.randrange(10**6))
MINUTES = os.environ.get("MEMC_SOAK_MINUTES")
SECONDS = (60 * float(MINUTES) if MINUTES else 60 if memc.SHARE == 1 else 5)
RUNS = memc.scale(1000 if MINUTES else 200 if memc.SHARE == 1 else 10, 5)
# what must be the same after every run in one process, but the first two
LEFT = ("fds", "children", "threads", "heap_bytes", "sigint")
# freed memory that malloc() keeps in a cache counts as taken
NO_CACHE = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
# pages that come to be used now and then
RSS_MAY_GROW = 512 << 10


class Soak(memc.LoadTest):
    shards = ("one",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        leftovers.adopt()
        print(f"MEMC_SEED={SEED}", flush=True)

    def soak(self, number, until):
        """(what was run: how often, what is wrong)"""
        lane = Lane(f"{self.class_dir}/lane{number}", self.assert_books)
        done = collections.Counter()
        wrong = []
        try:
            for i in range(10**9):
                if time.monotonic() > until or wrong:
                    break
                rng = random.Random(f"{SEED} {number} {i}")
                try:
                    lane.turn(rng, done)
                except (AssertionError, OSError, ValueError) as error:
                    wrong.append(f"lane {number}, turn {i}: "
                                 f"{type(error).__name__}: {error}")
        finally:
            lane.stop()
        return done, wrong

    def test_loads(self):
        shared = leftovers.shared_memory()
        until = time.monotonic() + SECONDS
        with ThreadPoolExecutor(LANES) as pool:
            results = list(pool.map(lambda n: self.soak(n, until),
                                    range(LANES)))
        done = sum((done for done, _ in results), collections.Counter())
        wrong = [told for _, lane in results for told in lane]
        print(f"{done.total()} runs in {SECONDS:.0f} s: " + ", ".join(
            f"{what} {n}" for what, n in sorted(done.items())), flush=True)
        if wrong:
            self.fail("\n\n".join(wrong))
        self.assertFalse(leftovers.shared_memory() - shared)
        mark = f"{self.class_dir}/lane".encode()
        self.assertFalse([pid for pid in leftovers.marked(mark)
                          if pid != os.getpid()])

    def in_one_process(self, mode, n_runs):
        files = [self.write(f"{name}.tsv.gz", records.generate(
            200, i, types=("one",), apps=(1, 9)))
            for i, name in enumerate("abc")]
        result = self.start(
            *SMALL, "--mode", mode, "--processes", "2", files=files,
            summary=False, env=NO_CACHE,
            command=[str(memc.SUPPORT / "runs"), str(n_runs)]
        ).finish(memc.patience(600))
        runs = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual([run["exit_code"] for run in runs], [0] * n_runs)
        for number, run in enumerate(runs[2:], 3):
            for what in LEFT:
                self.assertEqual(run[what], runs[1][what],
                                 f"{what} after run {number}")
        first, last = (run["rss_bytes"]
                       for run in (runs[min(10, n_runs // 2)], runs[-1]))
        print(f"{n_runs} runs of mode {mode} in one process: {last >> 10} KiB "
              f"resident, {(last - first) >> 10} more than after ten runs; "
              f"{runs[-1]['fds']} descriptors, as after the second", flush=True)
        self.assertLessEqual(last - first, RSS_MAY_GROW)

    def test_one_process(self):
        for mode in memc.MODES if RUNS >= 100 else ("multi",):
            n_runs = RUNS if mode == "multi" else max(RUNS // 5, 5)
            with self.subTest(mode):
                self.in_one_process(mode, n_runs)


if __name__ == "__main__":
    memc.main()
