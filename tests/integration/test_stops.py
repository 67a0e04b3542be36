#!/usr/bin/python3
"""Stops that do not come alone: sent to the whole process group, as a terminal,
timeout(1) and service managers send them, in the middle of whatever is being
asked or forked; and with signals that whoever started us had blocked. Small
files into a fake that holds its answers, so that each falls where it is meant
to."""

import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import generate  # noqa: E402

SMALL = ("--batch", "50", "--window", "1KiB", "--connections", "1",
         "--threads", "0", "--processes", "1", "--timeout", "60000")
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


# Becomes a program, with these signals blocked.
BLOCKED = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, eval(sys.argv[1]))
os.execv(sys.argv[2], sys.argv[2:])
"""


class Stops(memc.LoadTest):
    def setUp(self):
        super().setUp()
        self.it = self.fake(script=self.see)
        self.n = 100  # lines of a small file
        self.files = []

    def see(self, request):
        """Under the fake's lock: what is asked once all is stored waits."""
        if (request.verb in self.held_verbs
                and self.it.counts["sets"] >= self.held_from):
            self.n_held += 1
            self.it.changed.notify_all()
            self.it.changed.wait_for(
                lambda: not self.held_verbs or self.it.is_stopping)

    def begin(self, *args, names="ab", n_lines=None, verbs=("stats",),
              **more):
        """A load of these files; from their last set on, these verbs are
        held."""
        n_lines = n_lines or self.n
        self.it.items.clear()
        self.it.counts.clear()
        self.held_verbs = verbs
        self.held_from = n_lines * len(names)
        self.n_held = 0
        self.want = {}
        self.files = []
        for i, name in enumerate(names):
            text = generate(n_lines, i + 1, types=("idfa",), apps=(1, 9))
            self.want.update(records.read(text).stored()["idfa"])
            self.files.append(self.write(f"{name}.tsv.gz", text))
        return self.start(*SMALL, *args, files=self.files,
                          servers={"idfa": self.it}, **more)

    def begin_asked(self, *args, **more):
        """a is done and has its new name, b is stored; now the server is
        asked whether it has that, and has not answered yet."""
        self.it.release()
        self.it.hold_after(self.n)
        running = self.begin(*args, **more)
        self.it.wait_held()
        memc.wait_until(lambda: not self.files[0].exists()
                        or not running.is_running(), "a is done")
        self.it.release()
        self.it.wait_for(lambda: self.n_held, "the server is asked")
        return running

    def answer(self):
        with self.it.lock:
            self.held_verbs = ()
            self.it.changed.notify_all()

    def wait_told(self, running):
        memc.wait_until(lambda: "stopping" in running.said()
                        or not running.is_running(), "the stop is told")

    def assert_stored(self, result):
        """What the summary calls stored is there, and nothing is lost."""
        self.assertEqual(result.totals["failed"], 0, result)
        self.assertEqual(result.totals["stored"], len(self.it.items), result)
        self.assertLessEqual(self.it.items.items(), self.want.items())

    def assert_all_done(self, running):
        """It was stopped, and lost nothing."""
        result = self.check(running, 4, deadline=memc.patience(20))
        for path in self.files:
            self.assert_file(result, path.name, "done")
            self.assert_renamed(path, result)
        self.assert_stored(result)
        self.assertEqual(result.totals["stored"], len(self.files) * self.n)
        return result


class Group(Stops):
    """Everybody gets it."""

    def test_while_the_servers_are_asked(self):
        """Who asks goes on: the supervisor decides what a stop means."""
        for number in STOPS:
            with self.subTest(number.name):
                running = self.begin_asked()
                os.killpg(running.pid, number)
                self.wait_told(running)
                self.answer()
                result = self.assert_all_done(running)
                self.assertNotIn("asked it died", result.err)

    def test_while_a_sample_is_read_back(self):
        """Not verified, but loaded."""
        for number in STOPS:
            with self.subTest(number.name):
                running = self.begin("--verify", "10", verbs=("get", "mg"))
                self.it.wait_for(lambda: self.n_held, "it is read back")
                os.killpg(running.pid, number)
                result = self.assert_all_done(running)
                self.answer()
                self.assertIn("Not verified: it was interrupted", result.out)


class Unasked(Stops):
    """A stop, and nobody there to ask the servers: that says nothing of
    them."""

    def test_who_asks_is_killed(self):
        """Another one asks, also while we stop."""
        running = self.begin_asked()
        asking = memc.children(running.pid)
        self.assertEqual(len(asking), 1, running.said())
        running.signal(signal.SIGTERM)
        self.wait_told(running)
        os.kill(asking[0], signal.SIGKILL)
        self.it.wait_for(lambda: self.n_held > 1, "it is asked again")
        self.answer()
        result = self.assert_all_done(running)
        self.assertIn("the process that asked it died", result.err)

    def begin_forkless(self, wish, *args):
        """a is done and has its new name; we are stopping while b is stored,
        and then the asking of the server, the 5th fork, fails."""
        calls = self.dir / ".calls"
        calls.write_bytes(bytes(4096))
        self.it.release()
        self.it.hold_after(self.n)
        running = self.begin(*args, verbs=(), env={
            "LD_PRELOAD": str(memc.SUPPORT / "fail_preload.so"),
            "MEMC_FAIL_CALLS": str(calls), "MEMC_FAIL": wish})
        self.it.wait_held()
        memc.wait_until(lambda: not self.files[0].exists()
                        or not running.is_running(), "a is done")
        running.signal(signal.SIGTERM)
        self.wait_told(running)
        self.it.release()
        return running

    @unittest.skipUnless(memc.MODE == "release", "they want to be first")
    def test_no_process_for_it(self):
        running = self.begin_forkless("fork:5:11:supervisor")
        result = self.check(running, 4, deadline=memc.patience(20))
        self.assertIn("no process can be started to ask it", result.err)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_renamed(self.files[0], result)
        self.assert_stored(result)

    @unittest.skipUnless(memc.MODE == "release", "they want to be first")
    def test_no_process_for_it_any_more(self):
        """That has an end, and nobody can vouch for what was stored."""
        running = self.begin_forkless("fork:5+:11:supervisor",
                                      "--timeout", "700")
        result = self.check(running, 4, deadline=memc.patience(20))
        self.assert_file(result, "a.tsv.gz", "failed", "lost")
        self.assertEqual(result.totals["stored"], 0)
        for path in self.files:
            self.assert_kept(path, result)


@unittest.skipUnless(memc.MODE == "release", "they want to be first")
class Forks(Stops):
    """One ^C, when a child is forked and does not know yet what it is: one
    stop, not two."""

    def begin_at(self, fork, number, *args, is_now=True, **more):
        self.gate = self.dir / ".gate"
        if is_now:
            self.gate.touch()
        return self.begin(*args, env={
            "LD_PRELOAD": str(memc.SUPPORT / "stop_preload.so"),
            "MEMC_STOP_FORK": f"{fork}:{number.value}",
            "MEMC_STOP_GATE": str(self.gate)}, **more)

    def wait_sent(self):
        memc.wait_until(lambda: not self.gate.exists(), "the stop is sent")

    def test_a_worker(self):
        """b's; a's has --timeout to finish what is under way."""
        for number in STOPS:
            with self.subTest(number.name):
                self.it.release()
                self.it.hold_after(0)
                running = self.begin_at(
                    3, number, "--processes", "2", n_lines=3000, verbs=(),
                    is_now=False)
                self.it.wait_held()
                self.gate.touch()
                self.wait_sent()
                self.wait_told(running)
                self.it.release()
                result = self.check(running, 4, deadline=memc.patience(20))
                for path in self.files:
                    self.assert_file(result, path.name, "interrupted")
                    self.assert_kept(path, result)
                row = result.file("a.tsv.gz")
                self.assertGreater(row["stored"], 0, result)
                self.assertEqual(row["stored"], row["lines"], result)
                self.assert_stored(result)

    def test_who_asks_the_servers(self):
        for number in STOPS:
            with self.subTest(number.name):
                running = self.begin_at(3, number, names="a")
                self.it.wait_for(lambda: self.n_held, "the server is asked")
                self.wait_sent()
                self.wait_told(running)
                self.answer()
                self.assert_all_done(running)

    def test_who_reads_a_sample_back(self):
        for number in STOPS:
            with self.subTest(number.name):
                running = self.begin_at(5, number, "--verify", "10",
                                        names="a", verbs=("get", "mg"))
                self.wait_told(running)
                result = self.assert_all_done(running)
                self.answer()
                self.assertIn("Not verified: it was interrupted", result.out)


@unittest.skipUnless(memc.CAN_PRELOAD, "their end is delayed by preloading")
class Leaving(Stops):
    """A worker whose work is over takes longer to leave than a stop leaves it:
    swapped out, or looked through for leaks."""

    def begin_leaving(self, exit_ms):
        self.it.hold_after(0)
        running = self.begin(
            "--timeout", "300", "--max-error-rate", "1", names="a",
            n_lines=3000, verbs=(), env={
                "LD_PRELOAD": str(memc.SUPPORT / "stop_preload.so"),
                "MEMC_STOP_EXIT": f"2:{exit_ms}"})
        self.it.wait_held()
        running.signal(signal.SIGTERM)
        self.wait_told(running)
        self.it.release()
        return running

    def test_its_account_is_kept(self):
        result = self.check(self.begin_leaving(2000), 4,
                            deadline=memc.patience(20))
        row = self.assert_file(result, "a.tsv.gz", "interrupted")
        self.assertNotIn("partial", row, result)
        self.assertGreater(row["stored"], 0, result)
        self.assert_stored(result)

    def test_not_for_ever(self):
        """Ten seconds later it is killed, or at once by a second stop."""
        running = self.begin_leaving(3_600_000)
        running.signal_again(signal.SIGTERM)
        result = self.check(running, 4, deadline=memc.patience(20))
        self.assert_file(result, "a.tsv.gz", "interrupted")
        self.assert_kept(self.files[0], result)


class Passed(Stops):
    """A stop that somebody passes on to the process after it has gone to the
    whole group: two of them, at nearly the same time."""

    def test_on(self):
        self.it.hold_after(0)
        running = self.begin(names="a", n_lines=3000, verbs=())
        self.it.wait_held()
        # of two kinds, or the kernel would make one of them
        running.signal(signal.SIGSTOP)
        running.signal(signal.SIGTERM)
        running.signal(signal.SIGINT)
        running.signal(signal.SIGCONT)
        self.wait_told(running)
        self.it.release()
        result = self.check(running, 4, deadline=memc.patience(20))
        row = self.assert_file(result, "a.tsv.gz", "interrupted")
        self.assert_kept(self.files[0], result)
        self.assertGreater(row["stored"], 0, result)
        self.assertEqual(row["stored"], row["lines"], result)
        self.assert_stored(result)


class Masks(Stops):
    """Whoever started us had signals blocked, and execve(2) keeps that."""

    def begin_blocked(self, numbers, *args, **more):
        names = ",".join(f"signal.{number.name}" for number in numbers)
        return self.begin(*args, **more, command=[
            sys.executable, "-c", BLOCKED, f"{{{names}}}"])

    def is_blocked(self, running):
        with open(f"/proc/{running.pid}/status", encoding="ascii") as status:
            mask = next(int(line.split()[1], 16) for line in status
                        if line.startswith("SigBlk:"))
        return any(mask >> number - 1 & 1
                   for number in (signal.SIGCHLD, *STOPS))

    @unittest.skipIf(memc.MODE == "valgrind", "it blocks them itself")
    def test_children_that_end(self):
        running = self.begin_blocked([signal.SIGCHLD])
        self.it.wait_for(lambda: self.n_held, "the server is asked")
        memc.wait_until(lambda: not self.is_blocked(running),
                        "no signal is blocked", memc.patience(20))
        self.answer()
        result = self.check(running, deadline=memc.patience(20))
        for path in self.files:
            self.assert_file(result, path.name, "done")
            self.assert_renamed(path, result)
        self.assertEqual(result.totals["stored"], 2 * self.n)
        self.assert_stored(result)

    def test_stops(self):
        for number in STOPS:
            with self.subTest(number.name):
                running = self.begin_blocked(STOPS)
                self.it.wait_for(lambda: self.n_held, "the server is asked")
                running.signal(number)
                self.wait_told(running)
                self.answer()
                self.assert_all_done(running)


if __name__ == "__main__":
    memc.main()
