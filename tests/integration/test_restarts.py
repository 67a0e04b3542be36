#!/usr/bin/python3
"""Servers that lose all they hold while a load runs: restarted or flushed,
between windows, after a file's end, again and again. Another shard's fake
server holds the load back, so that each comes at a known moment; who asks it
for its counters is answered all the same, as a proxy would not."""

import json
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
import memc
import records
import servers


class Restarts(memc.LoadTest):
    """Shards adid, which loses, and gaid, which holds."""

    def setUp(self):
        super().setUp()
        self.gaid = self.fake()
        self.adid = self.server("adid", tcp=True)
        self.mine = {"gaid": self.gaid, "adid": self.adid}

    def clear(self):
        self.gaid.items.clear()
        self.adid.flush()

    def assert_there(self, stored, result):
        """gaid's and, unless it lost them, adid's."""
        if "adid" in stored:
            self.assert_holds(stored, {"adid": self.adid}, result)
        if self.gaid.items != stored["gaid"]:
            self.fail(memc.differences(stored["gaid"], self.gaid.items)
                      + f"\n{result}")

    def file(self, name, seed, types, n=None):
        """A file, and what it holds."""
        text = records.generate(memc.scale(n or 4000, 400), seed, types=types)
        return self.write(name, text), text

    def expect(self, *texts):
        return records.read(b"".join(texts))

    def start_held(self, *args, files, servers=None):
        """A load that soon waits for gaid, and for us: no --timeout may end
        that, however long we take."""
        self.gaid.hold_after(self.gaid.counts["sets"] + 10)
        running = self.start("--timeout", "60000", *args, files=files,
                             servers=servers or self.mine)
        self.gaid.wait_held()
        return running

    def start_begun(self, *args, files):
        """The same, when adid got some of it."""
        before = self.adid.counter("cmd_set")
        running = self.start_held(*args, files=files)
        # other loads stored there before
        memc.wait_until(lambda: self.adid.sets_after(before) > 0
                        or not running.is_running(), "adid gets a set")
        self.assertTrue(running.is_running())
        return running

    def lose_how(self, how):
        if how == "flushed":
            self.adid.flush()
        else:
            self.adid.stop()
            self.adid.start()

    def in_each_way(self, case):
        """case(mode, how), on servers that hold nothing."""
        for mode in memc.MODES:
            for how in ("restarted", "flushed"):
                with self.subTest(f"{mode}, {how}"):
                    case(mode, how)
                self.clear()

    def assert_reloaded(self, result, expected, n):
        self.assert_counts(result, expected,
                           result.summary["mode"])
        self.assert_there(expected.stored(), result)
        row = result.shard("adid")
        self.assertIs(row["restarted"], True, result)
        self.assertEqual(row["reloaded"], n, result)
        self.assertEqual(row["lost"], 0, result)
        self.assertIs(result.shard("gaid")["restarted"], False, result)
        self.assertEqual(result.shard("gaid")["reloaded"], 0, result)

    def test_in_the_middle_of_a_file(self):
        def case(mode, how):
            path, text = self.file(f"{mode}{how}.tsv.gz", 1,
                                   ("adid", "gaid"))
            expected = self.expect(text)
            before = self.adid.counter("cmd_set")
            running = self.start_begun("--mode", mode, "--batch", "500",
                                       files=[path])
            self.lose_how(how)
            self.gaid.release()
            result = self.check(running)
            n = expected.count("adid")
            self.assert_reloaded(result, expected, n)
            self.assert_renamed(path, result)
            if how == "flushed":  # a new process counts anew
                self.assertEqual(self.adid.sets_after(before, 2), 2 * n)

        self.in_each_way(case)

    def test_between_two_windows(self):
        """What it got is all acknowledged by then, and more is to come."""
        # gaid's lines take all batches, so that adid's windows are closed
        first = records.generate(200, 14, types=("adid",))
        text = (first + records.generate(1000, 15, types=("gaid",))
                + records.generate(200, 16, types=("adid",)))
        expected = self.expect(text)

        def case(mode, how):
            path = self.write(f"{mode}{how}.tsv.gz", text)
            before = self.adid.counter("cmd_set")
            running = self.start_begun("--mode", mode, "--batch", "50",
                                       "--threads", "1", "-v", files=[path])
            memc.wait_until(
                lambda: len(re.findall(r"batch [1-4]: 50 (?:stored|sent)",
                                       running.said())) == 4,
                "the first lines are acknowledged")
            self.assertEqual(self.adid.sets_after(before), 200)
            self.lose_how(how)
            self.gaid.release()
            result = self.check(running)
            self.assert_reloaded(result, expected, 400)
            self.assert_renamed(path, result)
            if how == "flushed":
                self.assertEqual(self.adid.sets_after(before, 2), 800)

        self.in_each_way(case)

    def test_after_a_file_was_finished(self):
        """It has its dot already, and is loaded again all the same."""
        for how in ("restarted", "flushed"):
            with self.subTest(how):
                a, first = self.file(f"a{how}.tsv.gz", 2, ("adid",))
                b, second = self.file(f"b{how}.tsv.gz", 3, ("gaid",))
                expected = self.expect(first, second)
                running = self.start_held("--processes", "1", files=[a, b])
                memc.wait_until(lambda: not a.exists(), "a is renamed")
                self.lose_how(how)
                self.gaid.release()
                result = self.check(running)
                self.assert_reloaded(result, expected, expected.count("adid"))
                self.assert_renamed(a)
                self.assert_renamed(b)
                self.assertIn("records loaded again", result.out)
                self.clear()

    def finished_then_lost(self, *args, change=None, how="flushed"):
        a, first = self.file("a.tsv.gz", 2, ("adid",))
        b, second = self.file("b.tsv.gz", 3, ("gaid",))
        expected = self.expect(first, second)
        running = self.start_held("--processes", "1", *args, files=[a, b])
        memc.wait_until(lambda: not a.exists(), "a is renamed")
        self.lose_how(how)
        if change is not None:
            change(a.with_name("." + a.name))
        self.gaid.release()
        result = self.check(running, 1)
        self.assert_lost(result, expected)
        self.assertEqual(self.adid.items(expected.stored()["adid"]), {})
        self.assert_renamed(b)
        self.assert_file(result, "a.tsv.gz", "failed", "lost")
        self.assert_file(result, "b.tsv.gz", "done")
        return a, expected, result

    def assert_lost(self, result, expected):
        """All of adid failed, and all of gaid is there."""
        want = expected.count("adid")
        self.assertEqual(result.totals["lines"], expected.lines, result)
        adid, gaid = result.shard("adid"), result.shard("gaid")
        self.assertIs(adid["restarted"], True, result)
        for name, n in (("failed", want), ("lost", want), ("stored", 0),
                        ("sent", 0), ("reloaded", 0)):
            self.assertEqual(adid[name], n, result)
        self.assertEqual(gaid["failed"], 0, result)
        self.assertEqual(gaid["stored"] + gaid["sent"],
                         expected.count("gaid"), result)
        self.assert_there({"gaid": expected.stored()["gaid"]}, result)

    def test_on_restart_fail(self):
        for how in ("restarted", "flushed"):
            with self.subTest(how):
                a, expected, result = self.finished_then_lost(
                    "--on-restart", "fail", how=how)
                self.assert_kept(a, result)
                self.assertIn("records lost", result.out)
                self.assertRegex(result.err, r"a\.tsv\.gz: failed \(lost\)")
                # as told: running again completes it
                again = self.load(files=[a], servers=self.mine)
                self.assertEqual(again.totals["stored"],
                                 expected.count("adid"))
                self.assert_there(expected.stored(), again)
            self.clear()

    def test_on_restart_fail_in_the_middle_of_a_file(self):
        def case(mode, how):
            path, text = self.file(f"{mode}{how}.tsv.gz", 17,
                                   ("adid", "gaid"))
            expected = self.expect(text)
            running = self.start_begun("--mode", mode, "--batch", "500",
                                       "--on-restart", "fail", files=[path])
            self.lose_how(how)
            self.gaid.release()
            result = self.check(running, 1)
            self.assert_lost(result, expected)
            self.assert_file(result, path.name, "failed", "lost")
            self.assert_kept(path, result)
            again = self.load("--mode", mode, files=[path],
                              servers=self.mine)
            self.assert_counts(again, expected, mode)
            self.assert_there(expected.stored(), again)
            self.assert_renamed(path, result)

        self.in_each_way(case)

    def test_a_file_that_changed_cannot_be_loaded_again(self):
        def change(path):
            path.write_bytes(path.read_bytes() + b"\0")

        a, _, result = self.finished_then_lost(change=change)
        self.assert_kept(a, result)

    def test_a_file_that_is_gone_cannot_be_loaded_again(self):
        a, _, result = self.finished_then_lost(change=lambda it: it.unlink())
        self.assertIn("does not get its old name back", result.err)

    def test_three_times_is_given_up(self):
        a, first = self.file("a.tsv.gz", 4, ("adid",), 1000)
        others = [self.file(f"b{i}.tsv.gz", 5 + i, ("gaid",), 1000)
                  for i in range(3)]
        expected = self.expect(first, *(text for _, text in others))
        running = self.start_held("--processes", "1", files=[
            a, *(path for path, _ in others)])
        want = expected.count("adid")
        for turn in range(1, 4):
            self.gaid.wait_held()
            # then it waits for the only place, which is the next file's now,
            # or has been loaded again already
            memc.wait_until(
                lambda: running.said().count("loading 1 file again")
                == turn - 1, "what the last flush took is noticed")
            self.adid.flush()
            with self.gaid.lock:
                self.gaid.release()
                if turn < 3:  # on to the next file
                    self.gaid.hold_after(turn * len(others[0][1].splitlines())
                                         + 10)
        result = self.check(running, 1)
        row = result.shard("adid")
        self.assertEqual(result.totals["lines"], expected.lines, result)
        self.assertEqual((row["failed"], row["stored"]), (want, 0), result)
        self.assertEqual(row["reloaded"], 2 * want, result)
        # each loss took the canary as well
        self.assertEqual(self.adid.sets_after(0, 4), 3 * want, result)
        self.assertIn("given up", result.err)
        self.assert_file(result, "a.tsv.gz", "failed", "lost")
        self.assert_kept(a, result)
        for path, _ in others:
            self.assert_renamed(path, result)
        self.assert_there({"gaid": expected.stored()["gaid"]}, result)

    def test_a_pool_loses_one_of_its_servers(self):
        pool = [self.server("one", tcp=True), self.server("two", tcp=True)]
        text = records.generate(memc.scale(4000, 400), 9,
                                types=("adid", "gaid"))
        expected = self.expect(text)
        path = self.write("a.tsv.gz", text)
        running = self.start_held(
            "--shard", "adid=" + ",".join(it.address for it in pool),
            "--batch", "500", files=[path], servers={"gaid": self.gaid})
        self.wait_begun(running, *pool)
        pool[0].stop()
        pool[0].start()
        self.gaid.release()
        result = self.check(running)
        self.assert_counts(result, expected)
        want = expected.stored()["adid"]
        first, second = (server.items(want) for server in pool)
        self.assertEqual({**first, **second}, want)
        self.assert_there({"gaid": expected.stored()["gaid"]}, result)
        self.assert_renamed(path)
        # its part alone: nobody else was sent anything twice
        self.assertEqual(
            [(row["restarted"], row["reloaded"], row["stored"])
             for row in result.shard("adid")["servers"]],
            [(True, len(first), len(first)), (False, 0, len(second))], result)
        self.assertEqual(pool[1].sets_after(0), len(second))
        self.assertEqual(len(self.gaid.sets), expected.count("gaid"))

    def test_bad_lines_are_counted_once(self):
        text = records.generate(memc.scale(4000, 400), 10,
                                types=("adid", "gaid"))
        lines = text.splitlines(keepends=True)
        lines[10:10] = [b"\n", b"adid\n", b"nobody\t1\t2\t3\t4\n"]
        lines.append(b"adid\t1\tx\t3\t4\n")
        text = b"".join(lines)
        expected = self.expect(text)
        path = self.write("a.tsv.gz", text)
        running = self.start_begun("--batch", "500", files=[path])
        self.adid.flush()
        self.gaid.release()
        result = self.check(running)
        self.assert_reloaded(result, expected, expected.count("adid"))
        told = path.with_name("a.tsv.gz.rejects.jsonl").read_text()
        self.assertEqual([json.loads(row)["line"]
                          for row in told.splitlines()],
                         [bad.line for bad in expected.bad], result)
        self.assertEqual(
            len([text for _, text in result.log("W") if "bad_number" in text]),
            1, result)

    def test_lines_that_fail_the_second_time_join_the_rejects(self):
        # some 6 MB for 2 MB of memory
        text = records.generate(2000, 13, types=("adid", "gaid"),
                                apps=(800, 1200))
        bad = b"nobody\t1\t2\t3\t4\n"
        expected = self.expect(bad, text)
        path = self.write("a.tsv.gz", bad + text)
        running = self.start_begun("--batch", "100", "--retries", "0",
                                   files=[path])
        # it comes back with room for a part only
        self.adid.stop()
        self.adid.args, self.adid.megabytes = ["-M"], 2
        self.adid.start()
        self.gaid.release()
        result = self.check(running, 1)
        failed = result.shard("adid")["failed"]
        self.assertGreater(failed, 0, result)
        rows = [json.loads(row) for row in path.with_name(
            "a.tsv.gz.rejects.jsonl").read_text().splitlines()]
        self.assertEqual(rows[0]["reason"], "unknown_type")
        self.assertEqual(
            {row["reason"] for row in rows[1:]}, {"out_of_memory"})
        # lines that failed both times stand there twice
        self.assertGreaterEqual(len({row["line"] for row in rows[1:]}), failed)
        want = expected.stored()["adid"]
        self.assertEqual(len(self.adid.items(want)),
                         result.shard("adid")["stored"], result)

    def test_reset_counters_are_told_and_not_judged(self):
        path, text = self.file("a.tsv.gz", 11, ("adid", "gaid"))
        expected = self.expect(text)
        # more than the load comes to, so that a reset shows in any case
        sets = expected.count("adid") + 1
        servers.ask(self.adid.address, b"set before 0 0 1\r\n1\r\n" * sets,
                    (b"STORED\r\n" * sets,))
        running = self.start_begun("--batch", "500", files=[path])
        servers.ask(self.adid.address, b"stats reset\r\n", (b"RESET\r\n",))
        self.gaid.release()
        result = self.check(running)
        self.assert_counts(result, expected)
        self.assertIs(result.shard("adid")["restarted"], False)
        self.assertEqual(result.shard("adid")["reloaded"], 0, result)
        self.assertRegex(result.err, r"W shard adid .*: its counters were "
                                     r"reset")
        self.assert_renamed(path)
        want = expected.stored()
        want["adid"][b"before"] = b"1"
        self.assert_there(want, result)

    def test_other_clients_are_told(self):
        path, text = self.file("a.tsv.gz", 12, ("adid", "gaid"))
        expected = self.expect(text)
        running = self.start_held("--batch", "500", files=[path])
        others = {b"other%d" % i: b"1" for i in range(7)}
        for key, value in others.items():
            self.adid.put(key, value)
        self.gaid.release()
        result = self.check(running)
        self.assert_counts(result, expected)
        self.assertRegex(result.err, r"I shard adid .*: it counts 7 sets that "
                                     r"we did not")
        self.assert_renamed(path)
        want = expected.stored()
        want["adid"].update(others)
        self.assert_there(want, result)


if __name__ == "__main__":
    memc.main()
