#!/usr/bin/python3
"""Do the intervals cover the truth as often as they say, where it is known?"""

import random
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
import known_loss
import memc

CONFIDENCES = (0.5, 0.9, 0.99)
ITEMS, SAMPLED = 5000, 500
SEEDS = range(1, 1001)
DEADLINE_S = memc.patience(60)


# what goes wrong with memory test_verify sees as well
@unittest.skipIf(memc.SHRINK > 1, "thousands of samples, in a slow build")
class Coverage(memc.LoadTest):
    shards = ("idfa", "gaid", "adid", "dvid")

    def setUp(self):
        super().setUp()
        text, self.items = known_loss.make_lines(ITEMS)
        self.path = self.write("plain.tsv", text, is_gzip=False)
        self.load("--no-rename", files=[self.path])
        self.where = known_loss.Servers(
            {name: server.address for name, server in self.servers.items()})
        # always the same keys, in no order of the file's
        self.keys = sorted(self.items)
        random.Random(4).shuffle(self.keys)

    def samples(self, n=SAMPLED, seeds=SEEDS):
        samples = known_loss.draw_samples(
            memc.SUPPORT / "sampler", self.path, self.where, n, seeds,
            CONFIDENCES, DEADLINE_S)
        self.assertEqual([s.seed for s in samples], list(seeds))
        self.assertEqual({s.sampled for s in samples}, {min(n, ITEMS)})
        return samples

    def test_intervals_cover_exactly_known_losses(self):
        gone = 0
        for lost in (0, 1, ITEMS // 1000, ITEMS // 100, ITEMS // 10):
            self.where.delete(self.keys[gone:lost])
            gone = lost
            truth = (ITEMS - lost) / ITEMS
            samples = self.samples()
            with self.subTest(lost=lost):
                self.assertEqual(
                    {s.different + s.unreadable for s in samples}, {0})
                for confidence in CONFIDENCES:
                    covered = known_loss.covered(samples, confidence, truth)
                    self.assertGreaterEqual(
                        covered,
                        known_loss.least_covered(confidence, len(SEEDS)),
                        confidence)
                # nor by being wider than need be, where 50 are to be found
                if lost == ITEMS // 10:
                    covered = known_loss.covered(samples, 0.5, truth)
                    self.assertLess(covered, 0.7 * len(SEEDS))
                self.assertLess(
                    abs(known_loss.deviations(samples, truth, ITEMS)), 4)

    def test_samples_of_all_find_all_that_is_wrong(self):
        self.where.delete(self.keys[:17])
        self.where.spoil(self.keys[17:40], self.items)
        for sample in self.samples(n=ITEMS + 1, seeds=range(7, 10)):
            self.assertEqual(
                (sample.matched, sample.missing, sample.different,
                 sample.unreadable), (ITEMS - 40, 17, 23, 0))
            self.assertEqual(sample.population, ITEMS)

    def test_the_command_finds_what_each_sample_does(self):
        self.where.delete(self.keys[:ITEMS // 100])
        self.where.spoil(self.keys[ITEMS // 100:ITEMS // 50], self.items)
        seeds = range(1, 6)
        for sample in self.samples(seeds=seeds):
            result = self.start(
                "verify", "--verify", str(SAMPLED), "--seed", str(sample.seed),
                "--confidence", "0.9", files=[self.path]).finish()
            verify = result.summary["verify"]
            self.assertEqual(
                [verify[name] for name in
                 ("matched", "missing", "different", "unreadable")],
                [sample.matched, sample.missing, sample.different,
                 sample.unreadable], result)
            self.assertEqual(result.code, 6 if verify["matched"] < SAMPLED
                             else 0, result)
            for name, bound in zip(("low", "high"), sample.bounds[0.9]):
                self.assertAlmostEqual(verify[name], bound, delta=1e-9)

    def test_spoiled_values_count_against_the_rate(self):
        lost, spoiled = ITEMS // 100, ITEMS // 50
        self.where.delete(self.keys[:lost])
        self.where.spoil(self.keys[lost:lost + spoiled], self.items)
        truth = (ITEMS - lost - spoiled) / ITEMS
        samples = self.samples(seeds=SEEDS[:300])
        self.assertLess(abs(known_loss.deviations(samples, truth, ITEMS)), 4)
        self.assertGreaterEqual(
            known_loss.covered(samples, 0.99, truth),
            known_loss.least_covered(0.99, len(samples)))
        # each is told for what it is
        n = len(samples) * SAMPLED
        self.assertAlmostEqual(sum(s.missing for s in samples) / n,
                               lost / ITEMS, delta=0.3 * lost / ITEMS)
        self.assertAlmostEqual(sum(s.different for s in samples) / n,
                               spoiled / ITEMS, delta=0.3 * spoiled / ITEMS)


if __name__ == "__main__":
    memc.main()
