#!/usr/bin/python3
"""Signals, workers that die, processes that cannot be had: the summary is
written, the books balance, nothing half-done gets a new name, and running again
completes."""

import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import failing  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from records import generate  # noqa: E402

SMALL = ("--batch", "50", "--window", "1KiB")
# a timeout that does not run out, and much less time than it
ENDLESS, SOON_S = ("--timeout", "600000"), memc.patience(40)
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


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

    def make(self, names, *kinds):
        """Files of these names, each of lines of its own."""
        self.texts = {f"{name}.tsv.gz": generate(self.n, 1 + ord(name) % 16,
                                                 types=kinds or ("idfa",),
                                                 apps=(1, 9))
                      for name in names}
        self.files = [self.write(*file) for file in self.texts.items()]
        return self.files

    def hold(self, *args, after=300, names="a", **more):
        self.it = self.fake()  # that knows nothing of an earlier load
        self.it.hold_after(after)
        running = self.start(*SMALL, *args, files=self.make(names),
                             servers={"idfa": self.it}, **more)
        self.it.wait_held()
        return running

    def assert_held(self, result, *servers):
        """The fakes hold nothing wrong, and as much of each file as its row
        says, or more of one that is not done."""
        held = {}
        for it in servers or [self.it]:
            with it.lock:
                held.update(it.items)
        for name, text in self.texts.items():
            want = {item.key: item.value for item in records.read(text).items}
            got = {key: held.pop(key) for key in want if key in held}
            self.assertTrue(got.items() <= want.items(), result)
            row = result.file(name)
            n = row["stored"] + row["sent"]
            self.assertLessEqual(n, len(got), result)
            if row["status"] == "done":
                self.assertEqual((n, len(got)), (self.n, self.n), result)
        self.assertEqual(sorted(held)[:5], [], result)


class Signals(Held):
    def check_interrupted(self, running):
        result = self.check(running, 4, deadline=SOON_S)
        for path in self.files:
            self.assert_file(result, path.name, "interrupted")
            self.assert_kept(path, result)
        self.assert_held(result)
        return result

    def test_one_signal_when_the_server_goes_on(self):
        """What is in flight is finished and counted; no more is read."""
        for number in STOPS:
            for args in (("--threads", "0"), ("--threads", "2")):
                for mode in memc.MODES:
                    with self.subTest(f"{number.name} {args} {mode}"):
                        running = self.hold(*args, "--mode", mode)
                        self.stop_held(running, number, self.it)
                        result = self.check_interrupted(running)
                        totals = result.totals
                        self.assertEqual(totals["failed"], 0)
                        self.assertEqual(totals["stored"] + totals["sent"],
                                         totals["lines"])
                        self.assertGreater(totals["lines"], 0)

    def test_one_signal_when_the_server_stays_silent(self):
        """--timeout is all the time that is given."""
        for mode in memc.MODES:
            with self.subTest(mode):
                running = self.hold(*memc.HASTY, "--mode", mode)
                running.signal(signal.SIGTERM)
                result = self.check_interrupted(running)
                self.assertLess(result.totals["lines"], self.n)

    def test_a_signal_to_the_whole_group(self):
        """As a terminal sends it; workers must not take it for the second."""
        for number in STOPS:
            with self.subTest(number.name):
                running = self.hold()
                os.killpg(running.pid, number)
                memc.wait_until(lambda: "stopping" in running.said(),
                                "it stops")
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
                self.assert_file(result, "a.tsv.gz", "done")
                self.assert_renamed(self.files[0])
                self.assert_held(result)

    def test_others_stop_it_where_one_is_ignored(self):
        for number in self.IGNORING:
            with self.subTest(number.name):
                running = self.hold_ignoring(number)
                self.stop_held(running, signal.SIGTERM, self.it)
                self.check_interrupted(running)

    def test_two_signals_end_it_at_once(self):
        for number in STOPS:
            with self.subTest(number.name):
                self.end_at_once(number, most=2, pause=0.3)

    def test_many_signals_do_no_more(self):
        """People press Ctrl-C until it ends; the summary is written all the
        same."""
        self.end_at_once(signal.SIGINT, most=40_000, pause=0.001)

    def end_at_once(self, number, most, pause=0.05):
        running = self.hold(*ENDLESS)
        n_said = len(running.said())
        running.signal(number)
        # it says that it is stopping: so it took the first as one of its own
        memc.wait_until(lambda: len(running.said()) > n_said,
                        "the first signal is told")
        for _ in range(1, most):
            memc.hold_for(pause)
            running.signal(number)
            if not running.is_running():
                break
        result = self.check_interrupted(running)
        row = result.file()
        self.assertEqual(row["stored"], row["lines"])
        self.assertEqual(row["batches"] * 50, row["lines"])

    def test_all_files_of_the_run(self):
        """Running ones and waiting ones are interrupted, done ones stay
        done."""
        self.it.hold_after(0)
        names = self.make("bcd")
        text = generate(200, 5, types=("gaid",))
        names.insert(0, self.write("a.tsv.gz", text))
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
        self.assert_held(result)
        self.assertEqual(result.file("a.tsv.gz")["stored"], 200)
        self.assertEqual(other.items, records.read(text).stored()["gaid"])

    def test_running_again_completes(self):
        running = self.hold()
        self.stop_held(running, signal.SIGTERM, self.it)
        self.check_interrupted(running)
        result = self.load(files=self.files, servers={"idfa": self.it})
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_held(result)
        self.assert_renamed(self.files[0])

    def test_standard_input_that_says_nothing(self):
        """A signal ends the wait for input, too."""
        text = generate(self.n, 1, types=("idfa",), apps=(1, 9))
        running = self.start(*SMALL, *ENDLESS, files=["-"],
                             servers={"idfa": self.it}, stdin=b"")
        running.feed(text, last=False)
        # whole batches of the lines above are sent before more are read
        self.it.wait_for(lambda: self.it.counts["sets"] > self.n // 2,
                         "it reads")
        running.signal(signal.SIGTERM)
        result = self.check(running, 4, deadline=SOON_S)
        row = self.assert_file(result, "-", "interrupted")
        self.texts = {"-": text}
        self.assert_held(result)
        self.assertEqual(row["stored"], len(self.it.items), result)

    def test_a_closed_standard_output_is_no_signal(self):
        """The report goes to a pipe that nobody reads."""
        read_end, write_end = os.pipe()
        os.close(read_end)
        running = self.start(
            files=self.make("a"), servers={"idfa": self.it},
            command=["bash", "-c", f'exec "$@" >&{write_end}', "sh"],
            pass_fds=(write_end,))
        os.close(write_end)
        result = self.check(running, 3)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_held(result)
        self.assert_renamed(self.files[0])


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
        result = self.check(running, 1)
        self.assert_held(result)
        return result

    def test_one_that_is_killed(self):
        for args in ((), ("--threads", "2"), ("--mode", "set"),
                     ("--mode", "noreply")):
            with self.subTest(args):
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
        self.assert_renamed(self.files[0], result)
        want = {}
        for text in self.texts.values():
            want.update(records.read(text).stored()["idfa"])
        self.assertEqual(self.it.items, want)

    def test_the_other_of_two_goes_on(self):
        """Two at a time: one dies, the other is not disturbed."""
        self.it.hold_after(0)
        slow = self.fake()
        slow.hold_after(0)
        texts = {}
        for kind in ("idfa", "gaid"):
            self.make(kind[0], kind)
            texts.update(self.texts)
        self.texts = texts
        running = self.start("--processes", "2",
                             files=[self.dir / name for name in texts],
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
        self.assert_held(result, self.it, slow)

    def test_the_supervisor_dies_and_takes_its_workers_along(self):
        running = self.hold("--processes", "1")
        workers = running.workers()
        os.kill(running.pid, signal.SIGKILL)
        running.process.wait()
        self.it.release()
        memc.wait_until(
            lambda: all(memc.parent(pid) is None for pid in workers),
            "the workers are gone", SOON_S)
        self.assert_kept(self.files[0])


@unittest.skipIf(memc.MODE in ("asan", "tsan", "valgrind"),
                 "these replace what fail_preload replaces")
class Forks(Held):
    """No process can be started, once or from then on."""

    def without(self, failure, code, *args, names="a"):
        calls = failing.Failing(self.dir / "calls")
        result = self.load("--processes", "1", *args, code=code,
                           files=self.make(names, *records.TYPES),
                           servers=dict.fromkeys(records.TYPES, self.it),
                           env=calls.env(failure))
        n_made = calls.count()[1]
        (self.assertGreater if "+" in failure else self.assertEqual)(n_made, 1)
        self.assertIn("Resource temporarily unavailable", result.err)
        return result

    def complete(self):
        """Without failures, what is left is loaded."""
        left = [path for path in self.files if path.exists()]
        self.it.items.clear()
        result = self.load(files=left,
                           servers=dict.fromkeys(records.TYPES, self.it))
        self.texts = {path.name: self.texts[path.name] for path in left}
        for path in left:
            self.assert_file(result, path.name, "done")
            self.assert_renamed(path, result)
        self.assert_held(result)

    def test_for_a_file(self):
        """It fails, and the next one has its chance."""
        result = self.without("fork:2:11:supervisor", 1, names="ab")
        row = self.assert_file(result, "a.tsv.gz", "failed", "worker")
        self.assertEqual(row["lines"], 0)
        self.assertRegex(result.err, r"a\.tsv\.gz.*cannot start a process")
        self.assert_kept(self.files[0], result)
        self.assert_file(result, "b.tsv.gz", "done")
        self.assert_renamed(self.files[1], result)
        self.assert_held(result)
        self.complete()

    def test_for_any_file(self):
        result = self.without("fork:2+:11:supervisor", 1, names="ab")
        for path in self.files:
            self.assert_file(result, path.name, "failed", "worker")
            self.assert_kept(path, result)
        self.assertEqual((result.totals["lines"], self.it.items), (0, {}))
        self.complete()

    def test_to_ask_the_servers(self):
        """At the file's end: it is tried again."""
        result = self.without("fork:3:11:supervisor", 0)
        self.assertIn("no process can be started to ask it", result.err)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_renamed(self.files[0], result)
        self.assert_held(result)

    def test_to_open_the_books(self):
        """It goes by what the servers said before, and without a canary until
        the next time."""
        result = self.without("fork:1:11:supervisor", 0)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_renamed(self.files[0], result)
        self.assert_held(result)
        self.assertEqual(self.it.canaries, {})

    def test_to_ask_the_servers_for_good(self):
        """Nobody knows what they hold."""
        result = self.without("fork:3+:11:supervisor", 3, "--max-outage", "1")
        row = self.assert_file(result, "a.tsv.gz", "failed", "lost")
        self.assertEqual((row["failed"], row["lines"]), (self.n, self.n))
        self.assert_kept(self.files[0], result)
        self.assert_held(result)
        self.complete()


if __name__ == "__main__":
    memc.main()
