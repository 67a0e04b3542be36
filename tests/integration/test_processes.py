#!/usr/bin/python3
"""Signals, and workers that die: the summary is written, the books balance,
nothing half-done gets a new name, and running again completes."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import generate  # noqa: E402

SMALL = ("--batch", "50", "--window", "1KiB")


def is_ignored(pid, number):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        masks = [line.split()[1] for line in status
                 if line.startswith("SigIgn:")]
    return bool(int(masks[0], 16) & 1 << number - 1)


class Held(memc.LoadTest):
    """Loads that a fake server holds in the middle."""

    def setUp(self):
        super().setUp()
        self.it = self.fake()
        # more than all batches together, so that reading has not ended
        self.n = 3000
        self.text = generate(self.n, 1, types=("idfa",), apps=(1, 9))

    def hold(self, *args, text=None, after=300, names="a", **more):
        self.it.release()  # of what an earlier one left
        self.it.hold_after(after)
        self.files = [self.write(f"{name}.tsv.gz", text or self.text)
                      for name in names]
        running = self.start(*SMALL, *args, files=self.files,
                             servers={"idfa": self.it}, **more)
        self.it.wait_held()
        return running


class Signals(Held):
    def check_interrupted(self, running, names="a"):
        result = self.check(running, 4, deadline=memc.patience(20))
        for path in self.files:
            self.assert_file(result, path.name, "interrupted")
            self.assert_kept(path, result)
        return result

    def test_one_signal_when_the_server_goes_on(self):
        """What is in flight is finished and counted; no more is read."""
        for number in (signal.SIGTERM, signal.SIGINT):
            for args in (("--threads", "0"), ("--threads", "2")):
                for mode in memc.MODES:
                    with self.subTest(f"{number.name} {args} {mode}"):
                        self.it.items.clear()
                        self.it.counts.clear()
                        running = self.hold(*args, "--mode", mode)
                        self.stop_held(running, number, self.it)
                        result = self.check_interrupted(running)
                        totals = result.totals
                        self.assertEqual(totals["failed"], 0)
                        self.assertEqual(totals["stored"] + totals["sent"],
                                         totals["lines"])
                        self.assertLessEqual(totals["lines"],
                                             len(self.it.items))

    def test_one_signal_when_the_server_stays_silent(self):
        """--timeout is all the time that is given."""
        for mode in memc.MODES:
            with self.subTest(mode):
                self.it.counts.clear()
                running = self.hold("--timeout", "700", "--mode", mode)
                started = time.monotonic()
                running.signal(signal.SIGTERM)
                result = self.check_interrupted(running)
                self.assertLess(time.monotonic() - started,
                                memc.patience(4))
                self.assertLess(result.totals["lines"], self.n)
                self.it.release()

    def test_a_signal_to_the_whole_group(self):
        """As a terminal sends it; workers must not take it for the second."""
        running = self.hold()
        os.killpg(running.pid, signal.SIGINT)
        self.it.release()
        result = self.check_interrupted(running)
        self.assertEqual(result.totals["failed"], 0)

    # what leaves signals ignored to the program that it becomes
    IGNORING = {
        signal.SIGHUP: ["nohup"],
        signal.SIGINT: ["sh", "-c", "trap '' INT && exec \"$@\"", "sh"],
    }

    def hold_ignoring(self, number):
        """A held load that was started with this signal ignored, and got it
        twice."""
        running = self.hold(command=self.IGNORING[number])
        for pid in (running.pid, *running.workers()):
            self.assertTrue(is_ignored(pid, number), running.said())
        for _ in range(2):  # as a terminal sends it, to all of them
            os.killpg(running.pid, number)
        return running

    def test_one_that_is_ignored_when_it_begins(self):
        """It stays so: who started the load has said that it is not meant by
        it."""
        for number in self.IGNORING:
            with self.subTest(number.name):
                running = self.hold_ignoring(number)
                self.it.release()
                result = self.check(running)
                self.assertNotIn("stopping", result.err)
                self.assertEqual(result.totals["stored"], self.n)
                self.assert_file(result, "a.tsv.gz", "done")
                self.assert_renamed(self.files[0])

    def test_others_stop_it_where_one_is_ignored(self):
        for number in self.IGNORING:
            with self.subTest(number.name):
                running = self.hold_ignoring(number)
                self.stop_held(running, signal.SIGTERM, self.it)
                self.check_interrupted(running)

    def test_two_signals_end_it_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                self.end_at_once(number, most=2, pause=0.3)

    def test_many_signals_do_no_more(self):
        """People press Ctrl-C until it ends; the summary is written all the
        same."""
        self.end_at_once(signal.SIGINT, most=10**6, pause=0.001)

    def end_at_once(self, number, most, pause=0.05):
        self.it.counts.clear()
        running = self.hold("--timeout", "60000")
        n_said = len(running.said())
        running.signal(number)
        # it says that it is stopping: so it took the first as one of its own
        memc.wait_until(lambda: len(running.said()) > n_said,
                        "the first signal is told")
        started = time.monotonic()
        for _ in range(1, most):
            memc.hold_for(pause)
            running.signal(number)
            if not running.is_running():
                break
        self.check_interrupted(running)
        self.assertLess(time.monotonic() - started, memc.patience(10))
        self.it.release()

    def test_all_files_of_the_run(self):
        """Running ones and waiting ones are interrupted, done ones stay
        done."""
        self.it.hold_after(0)
        names = [self.write("a.tsv.gz", generate(200, 1, types=("gaid",)))]
        names += [self.write(f"{name}.tsv.gz", self.text) for name in "bcd"]
        other = self.fake()
        running = self.start(*SMALL, "--processes", "1", files=names,
                             servers={"idfa": self.it, "gaid": other})
        self.it.wait_held()
        self.stop_held(running, signal.SIGTERM, self.it)
        result = self.check(running, 4)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_renamed(names[0])
        self.assert_file(result, "b.tsv.gz", "interrupted")
        for path in names[2:]:
            row = result.file(path.name)
            self.assertIn(row["status"], ("interrupted", "skipped"))
            self.assertEqual(row["lines"], 0)
        for path in names[1:]:
            self.assert_kept(path)

    def test_running_again_completes(self):
        running = self.hold()
        self.stop_held(running, signal.SIGTERM, self.it)
        self.check_interrupted(running)
        result = self.load(files=self.files, servers={"idfa": self.it})
        self.assertEqual(result.totals["stored"], self.n)
        self.assertEqual(self.it.items,
                         records.read(self.text).stored()["idfa"])
        self.assert_renamed(self.files[0])

    def test_standard_input_that_says_nothing(self):
        """A signal ends the wait for input, too."""
        running = self.start(files=["-"], servers={"idfa": self.it},
                             stdin=b"")
        running.feed(self.text, last=False)
        memc.wait_until(lambda: running.workers(), "the worker is there")
        running.signal(signal.SIGTERM)
        result = self.check(running, 4, deadline=memc.patience(20))
        self.assert_file(result, "-", "interrupted")

    def test_a_closed_standard_output_is_no_signal(self):
        """The report goes to a pipe that nobody reads."""
        read_end, write_end = os.pipe()
        os.close(read_end)
        path = self.write("a.tsv.gz", self.text)
        running = self.start(
            files=[path], servers={"idfa": self.it},
            command=["bash", "-c", f'exec "$@" >&{write_end}', "sh"],
            pass_fds=(write_end,))
        os.close(write_end)
        result = self.check(running, None)
        self.assertEqual(result.totals["stored"], self.n)
        self.assert_renamed(path)


class Workers(Held):
    def kill_worker(self, *args, number=signal.SIGKILL, names="abc"):
        """Kills the worker of the first file in mid-load."""
        running = self.hold("--processes", "1", *args, names=names)
        workers = running.workers()
        self.assertEqual(len(workers), 1, running.said())
        os.kill(workers[0], number)
        memc.wait_until(lambda: running.workers() != workers,
                        "the worker is gone")
        self.it.release()
        return self.check(running, 1)

    def test_one_that_is_killed(self):
        for args in ((), ("--threads", "2"), ("--mode", "set"),
                     ("--mode", "noreply")):
            with self.subTest(args):
                self.it.counts.clear()
                result = self.kill_worker(*args)
                row = self.assert_file(result, "a.tsv.gz", "failed",
                                       "worker")
                self.assertIs(row.get("partial"), True, result)
                self.assertLess(row["lines"], self.n)
                self.assertRegex(result.err, r"a\.tsv\.gz.*(SIGKILL|[Kk]illed"
                                 r"|signal 9)")
                self.assert_kept(self.files[0])
                for path in self.files[1:]:
                    row = self.assert_file(result, path.name, "done")
                    self.assertFalse(row.get("partial"), result)
                    self.assert_renamed(path)
                    path.with_name("." + path.name).unlink()

    def test_what_was_acknowledged_is_counted(self):
        """In whole batches: what came home before the death."""
        result = self.kill_worker("--threads", "0")
        row = result.file("a.tsv.gz")
        self.assertEqual(row["stored"], row["lines"])
        self.assertEqual(row["lines"] % 50, 0)
        self.assertEqual(row["batches"] * 50, row["lines"])

    def test_a_worker_that_aborts_is_named_with_its_signal(self):
        result = self.kill_worker(number=signal.SIGABRT, names="ab")
        self.assert_file(result, "a.tsv.gz", "failed", "worker")
        self.assertRegex(result.err, r"a\.tsv\.gz.*(SIGABRT|[Aa]bort"
                         r"|signal 6)")

    def test_running_again_completes(self):
        self.kill_worker()
        result = self.load("--pattern", self.dir / "*.tsv.gz",
                           servers={"idfa": self.it})
        self.assertEqual([row["path"] for row in result.summary["files"]],
                         [str(self.files[0])])
        self.assertEqual(result.totals["stored"], self.n)
        self.assertEqual(self.it.items,
                         records.read(self.text).stored()["idfa"])

    def test_the_other_of_two_goes_on(self):
        """Two at a time: one dies, the other is not disturbed."""
        self.it.hold_after(0)
        slow = self.fake()
        slow.hold_after(0)
        first = self.write("a.tsv.gz", self.text)
        second = self.write("b.tsv.gz", self.text.replace(b"idfa", b"gaid"))
        running = self.start("--processes", "2", files=[first, second],
                             servers={"idfa": self.it, "gaid": slow})
        self.it.wait_held()
        slow.wait_held()
        workers = running.workers()
        self.assertEqual(len(workers), 2)
        os.kill(workers[0], signal.SIGKILL)
        memc.wait_until(lambda: len(running.workers()) == 1,
                        "one worker is gone")
        self.it.release()
        slow.release()
        result = self.check(running, 1)
        states = sorted(row["status"] for row in result.summary["files"])
        self.assertEqual(states, ["done", "failed"])
        failed = [row for row in result.summary["files"]
                  if row["status"] == "failed"][0]
        self.assertEqual(failed["reason"], "worker")

    def test_the_supervisor_dies_and_takes_its_workers_along(self):
        running = self.hold("--processes", "1")
        workers = running.workers()
        os.kill(running.pid, signal.SIGKILL)
        running.process.wait()
        self.it.release()
        memc.wait_until(
            lambda: all(memc.parent(pid) is None for pid in workers),
            "the workers are gone", memc.patience(20))
        self.assert_kept(self.files[0])


if __name__ == "__main__":
    memc.main()
