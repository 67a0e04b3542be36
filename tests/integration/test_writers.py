#!/usr/bin/python3
"""What writers do when nearly all is refused, and when they had nothing to do
for long."""

import collections
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402


class Refusals(memc.LoadTest):
    def test_nearly_all_of_a_large_batch(self):
        """Of each refused item's key earlier lines may have been stored: to
        look for them took minutes, while no server was served. Some keys are
        there twice."""
        lines = 80000
        server = self.server("full", args=("-M",), megabytes=2)
        text = records.generate(lines, 5, types=("idfa",), keys=lines)
        path = self.write("a.tsv.gz", text)
        result = self.load("--batch", str(lines), "--retries", "0",
                           files=[path], code=1, servers={"idfa": server})
        self.assert_file(result, "a.tsv.gz", "failed", "error_rate")
        rows = path.with_name(path.name + ".rejects.tsv").read_bytes()
        failed = rows.splitlines(keepends=True)
        self.assertGreater(len(failed), lines / 2)
        self.assertEqual((result.totals["failed"], result.totals["stored"]),
                         (len(failed), lines - len(failed)))
        stored = collections.Counter(text.splitlines(keepends=True))
        stored.subtract(failed)
        kept = [row for row in text.splitlines(keepends=True) if stored[row]]
        self.assert_holds(records.read(b"".join(kept)).stored(),
                          {"idfa": server})


class Stop(memc.LoadTest):
    def test_after_an_idle_time(self):
        """What was read has --timeout from the stop on, not from when the
        writer began to wait: a batch that is not full is stored."""
        it = self.fake()
        # more than what is looked at before the first line is taken
        text = records.generate(400, 3, types=("idfa",))
        for threads in ("0", "1"):
            with self.subTest(threads=threads):
                it.items.clear()
                running = self.start("--timeout", "2000", "--threads", threads,
                                     "-", stdin=b"", servers={"idfa": it})
                running.feed(text, last=False)
                # time that passes is what this is about
                time.sleep(2.5)
                running.signal(signal.SIGTERM)
                result = self.check(running, 4)
                self.assertEqual(result.totals["lines"], 400)
                self.assertEqual(result.totals["stored"], 400)
                self.assertEqual(it.items,
                                 records.read(text).stored()["idfa"])


if __name__ == "__main__":
    memc.main()
