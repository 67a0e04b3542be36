#!/usr/bin/python3
"""How much memory a process takes: at most 64 MiB at default settings,
whatever the size of the file and the number of cores."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402

LIMIT_KIB = 64 * 1024

@unittest.skipUnless(memc.MODE == "release", "other builds take more")
class Memory(memc.LoadTest):
    shards = records.TYPES
    megabytes = 1024

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a million lines, as many equal members: inflating does not know
        cls.part = records.generate(20_000, 17)
        cls.expected = records.read(cls.part)
        cls.gz = records.member(cls.part, 6)

    def peak_kib(self, *args, times=50, env=None):
        path = self.write("a.tsv.gz", self.gz * times, is_gzip=False)
        out = self.dir / "rss"
        result = self.load(*args, files=[path], env=env,
                           command=memc.launcher(out))
        self.assertEqual(result.totals["lines"],
                         times * self.expected.lines)
        self.assertEqual(result.totals["stored"] + result.totals["sent"],
                         times * self.expected.lines)
        return int(out.read_text()), result

    def assert_small(self, *args, **more):
        peak, result = self.peak_kib(*args, **more)
        self.assertLessEqual(peak, LIMIT_KIB, f"KiB at most\n{result}")
        return peak

    def test_the_measure_sees_what_is_there(self):
        """A program that takes 100 MiB is seen to."""
        out = self.dir / "rss"
        subprocess.run(
            [*memc.launcher(out), "/usr/bin/python3", "-SE", "-c",
             "x = bytearray(100 << 20)"], check=True)
        self.assertGreater(int(out.read_text()), 100 * 1024)

    def test_a_million_lines(self):
        for mode in ("multi", "noreply"):
            with self.subTest(mode):
                self.assert_small("--mode", mode)
        self.assert_holds(self.expected.stored())

    def test_it_does_not_grow_with_the_file(self):
        # small batches, so that each of the fixed few is used in both: how
        # many are under way at a time depends on which thread is ahead
        small, _ = self.peak_kib("--dry", "--batch", "500", times=5)
        large, _ = self.peak_kib("--dry", "--batch", "500", times=50)
        self.assertLess(large, small + 4096)

    def test_on_64_cores(self):
        preload = memc.SUPPORT / "cores_preload.so"
        if not preload.exists():
            self.skipTest(f"there is no {preload}")
        env = {"LD_PRELOAD": str(preload), "FAKE_CORES": "64"}
        self.assert_small(env=env, times=15)

    def test_with_set_mode(self):
        self.assert_small("--mode", "set", times=1)

    def test_the_longest_lines(self):
        """Lines of nearly 1 MiB, all of them items."""
        text = b"".join(
            records.line(ident=str(n), apps="1," * 490_000 + "1")
            for n in range(40))
        path = self.write("a.tsv.gz", text)
        out = self.dir / "rss"
        result = self.load(files=[path], command=memc.launcher(out))
        self.assertEqual(result.totals["stored"], 40)
        self.assertLessEqual(int(out.read_text()), LIMIT_KIB, result)

    def test_the_longest_rejects(self):
        """The same, rejected, and each byte six in JSON."""
        text = (b"\xff" * 1_000_000 + b"\n") * 20
        path = self.write("a.tsv.gz", text)
        out = self.dir / "rss"
        result = self.load("--threads", "2", files=[path], code=1,
                           command=memc.launcher(out))
        self.assertEqual(result.totals["rejected"], 20)
        self.assertEqual((self.dir / "a.tsv.gz.rejects.tsv").read_bytes(),
                         text)
        self.assertLessEqual(int(out.read_text()), LIMIT_KIB, result)


if __name__ == "__main__":
    memc.main()
