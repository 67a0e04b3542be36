#!/usr/bin/python3
"""Loads over networks that lose, delay, repeat, reorder, hold back and forget,
and connections that are reset: in all modes at once, each with servers of its
own. What a network does in mid-load begins when each of them has got something.
All of it by `make network`; CI runs a share of what is quick."""

import os
import random
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import network  # noqa: E402
import records  # noqa: E402

IS_POSSIBLE = network.is_possible()
SHARDS = ("idfa", "gaid")
# in mode set each line takes a round trip
LINES = {"set": 400, "multi": 4000, "noreply": 4000}
OPTIONS = ("--connections", "4", "--batch", "200", "--window", "16KiB")
# slow enough for a load to be met in its middle
MIDDLE = ("rate 4000", "delay 10 0")


QUICK = ("test_undisturbed", "test_duplicates", "test_reordering", "test_loss")
CHOSEN = random.sample(QUICK, 2) if memc.SHARE > 1 else None


class Networks(memc.LoadTest):
    def setUp(self):
        if not IS_POSSIBLE:
            self.skipTest("needs root, and /dev/net/tun")
        if CHOSEN and self._testMethodName not in CHOSEN:
            self.skipTest("all of them by make network")
        super().setUp()
        self.net = network.Network(str(memc.SUPPORT / "tunnel"))
        self.addCleanup(self.net.stop)
        self.net.enter()
        self.texts = {mode: self.text(LINES[mode]) for mode in memc.MODES}

    def text(self, lines):
        lines = memc.scale(lines, 100)
        return records.generate(lines, 71, types=SHARDS, keys=lines // 4,
                                apps=(1, 60))

    def begin(self, number, mode, *args):
        mine = {}
        for i, name in enumerate(SHARDS):
            mine[name] = network.Server(11211 + 2 * number + i).start()
            self.addCleanup(mine[name].stop)
        path = self.write(f"{mode}.tsv", self.texts[mode], is_gzip=False)
        running = self.start("--mode", mode, *OPTIONS, *args, files=[path],
                             servers=mine, command=self.net.command)
        return running, mine

    def run_all(self, *args, during=None):
        """{mode: (Result, servers)}; during() is called in mid-load."""
        runs = {mode: self.begin(number, mode, *args)
                for number, mode in enumerate(memc.MODES)}
        if during:
            for running, mine in runs.values():
                self.wait_begun(running, *mine.values())
            during(runs)
        return {mode: (self.check(running, None, memc.patience(180)), mine)
                for mode, (running, mine) in runs.items()}

    def assert_all_there(self, *args, during=None):
        for mode, (result, mine) in self.run_all(*args,
                                                 during=during).items():
            with self.subTest(mode, seed=self.net.seed):
                expected = records.read(self.texts[mode])
                self.assertEqual(result.code, 0, result)
                self.assert_counts(result, expected, mode)
                self.assert_holds(expected.stored(), mine, result)

    def assert_given_up(self, during):
        """All that failed is named, its file is kept."""
        for mode, (result, _) in self.run_all(
                "--timeout", "2000", "--max-outage", "3",
                during=during).items():
            with self.subTest(mode, seed=self.net.seed):
                self.assertIn(result.code, (1, 3), result)
                self.assert_file(result, f"{mode}.tsv", "failed")
                self.assertGreater(result.totals["failed"], 0)
                self.assert_kept(self.dir / f"{mode}.tsv")
                self.assertTrue(result.log("E"), result)

    # -- all the time

    def test_undisturbed(self):
        self.assert_all_there()

    def test_loss(self):
        self.net.say("loss 5", "delay 5 0")
        self.assert_all_there()

    def test_delay(self):
        self.net.say("delay 100 50")
        self.assert_all_there()

    def test_reordering(self):
        self.net.say("delay 20 0", "reorder 25")
        self.assert_all_there()

    def test_duplicates(self):
        self.net.say("duplicate 10", "delay 5 5")
        self.assert_all_there()

    def test_all_of_these(self):
        self.net.say("loss 5", "delay 100 50", "reorder 5", "duplicate 5")
        self.assert_all_there()

    def test_a_megabit(self):
        """A window takes several times as long as --timeout, and each load has
        a sixth of the link, or less."""
        self.net.say("rate 1000")
        for mode in ("multi", "noreply"):
            self.texts[mode] = self.text(LINES[mode])
        self.assert_all_there("--timeout", "2500", "--window", "256KiB",
                              "--connections", "1", "--batch", "20000")

    # -- in mid-load

    def hole(self, where, seconds):
        def during(_):
            self.net.say(f"hole {where}")
            memc.hold_for(seconds)
            self.net.say("hole none")
        return during

    def hole_for_ten_seconds(self, where):
        self.net.say(*MIDDLE)
        self.assert_all_there(during=self.hole(where, 10))

    def test_a_hole_for_ten_seconds(self):
        self.hole_for_ten_seconds("both")

    def test_a_hole_to_the_server_for_ten_seconds(self):
        self.hole_for_ten_seconds("up")

    def test_a_hole_to_the_client_for_ten_seconds(self):
        self.hole_for_ten_seconds("down")

    def hole_for_ever(self, where):
        self.net.say(*MIDDLE)
        self.assert_given_up(lambda _: self.net.say(f"hole {where}"))

    def test_a_hole_for_ever(self):
        self.hole_for_ever("both")

    def test_a_hole_to_the_server_for_ever(self):
        self.hole_for_ever("up")

    def test_a_hole_to_the_client_for_ever(self):
        self.hole_for_ever("down")

    def test_a_host_that_is_suspended(self):
        """It acknowledges nothing, as behind a hole, and when it goes on, what
        it has got of the old connections may come last."""
        def during(runs):
            mine = [it for _, both in runs.values() for it in both.values()]
            for server in mine:
                server.pause()
            self.net.say("hole both")
            memc.hold_for(8)
            for server in mine:
                server.resume()
            self.net.say("hole none")
        self.net.say(*MIDDLE)
        self.assert_all_there("--timeout", "2000", during=during)

    def each_second(self, command, times=20):
        def during(runs):
            for _ in range(times):
                if not any(running.is_running()
                           for running, _ in runs.values()):
                    break
                self.net.say(command)
                memc.hold_for(1)
        return during

    def test_a_reset_each_second(self):
        self.net.say(*MIDDLE)
        self.assert_all_there(during=self.each_second("reset both"))

    def test_a_reset_each_second_for_the_client(self):
        """What it had sent arrives all the same."""
        self.net.say(*MIDDLE)
        self.assert_all_there(during=self.each_second("reset client"))

    def test_a_reset_each_second_for_the_server(self):
        """The client waits for answers that do not come."""
        self.net.say(*MIDDLE)
        self.assert_all_there("--timeout", "2000",
                              during=self.each_second("reset server", 4))

    def test_forgotten_in_mid_load(self):
        """By a firewall that was started anew: nothing passes on what was
        connected, and new connections do."""
        self.net.say(*MIDDLE)
        self.assert_all_there("--timeout", "2000", "--max-outage", "40",
                              during=lambda _: self.net.say("forget"))


if __name__ == "__main__":
    memc.main()
