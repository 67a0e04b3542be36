#!/usr/bin/python3
"""Interrupted, killed, left alone: at every point of a load, by whatever ends
processes. Real servers behind a proxy that stops the load at a known place;
then running again completes it, and every key reads back."""

import os
import pty
import signal
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from records import generate  # noqa: E402

SMALL = ("--batch", "50", "--window", "1KiB", "--connections", "1")
# a timeout that does not run out, and much less time than it
ENDLESS, SOON_S = ("--timeout", "600000"), memc.patience(40)
STOPS = [(number, times)
         for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
         for times in (1, 2)]

# what sanitizers and valgrind catch themselves is left out for them
CRASHES = [signal.SIGKILL, signal.SIGABRT]
if memc.CAN_PRELOAD:
    CRASHES.append(signal.SIGSEGV)

# Becomes a program whose terminal is the descriptor it is given.
ON_TERMINAL = """
import fcntl, os, sys, termios
fd = int(sys.argv[1])
fcntl.ioctl(fd, termios.TIOCSCTTY, 0)
os.dup2(fd, 1)
os.dup2(fd, 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


def is_pending(pid):
    """Is a signal on its way to this process?"""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        masks = [line.split()[1] for line in status
                 if line.startswith("ShdPnd:")]
    return int(masks[0], 16) != 0


class Deaths(memc.LoadTest):
    shards = ("idfa", "gaid")
    tcp = True

    def setUp(self):
        super().setUp()
        # more than all batches together, so that reading has not ended
        self.n = 1500
        self.texts = {}

    def make(self, *kinds):
        """Files a.tsv.gz, b.tsv.gz ...: one of each of these types."""
        self.files = []
        for i, kind in enumerate(kinds):
            name = f"{'abcdef'[i]}.tsv.gz"
            text = generate(self.n, i + 1, types=(kind,), apps=(1, 9))
            self.texts[name] = text
            self.files.append(self.write(name, text))
        return self.files

    def via(self, name="idfa", after=None):
        """The shards, this one by a proxy that holds the load."""
        self.proxies = self.proxy(self.servers[name].address)
        if after is not None:
            self.proxies.hold_after(after)
        return {**self.servers, name: self.proxies.address}

    def hold(self, *args, after=30_000, kinds=("idfa",), **more):
        """A load that stands still in the middle of the first file."""
        self.make(*kinds)
        servers = self.via("idfa", after)
        running = self.start(*SMALL, *args, files=self.files, servers=servers,
                             **more)
        self.proxies.wait_held()
        return running

    def stop_it(self, running, number, times):
        """Returns, and sends the second signal, when the first was told: then
        the workers have theirs."""
        said = len(running.said())
        running.signal(number)
        memc.wait_until(lambda: len(running.said()) > said,
                        "the first signal is told")
        if times > 1:
            running.signal_again(number)

    def assert_true(self, result, servers=None):
        """What the summary calls stored is there, and nothing is wrong. With
        one connection these are a file's first lines."""
        held = {}
        for name, server in (servers or self.servers).items():
            want = {}
            for text in self.texts.values():
                want.update(records.read(text).stored().get(name, {}))
            held.update(server.items(want))
            for key in held.keys() & want.keys():
                self.assertEqual(held[key], want[key])
        for base, text in self.texts.items():
            keys = [item.key for item in records.read(text).items]
            n = result.file(base)["stored"]
            self.assertLessEqual(n, len(keys), result)
            self.assertEqual([key for key in keys[:n] if key not in held], [],
                             result)

    def assert_completes(self):
        """Nobody is left, nothing lies about, and the same command loads
        what is left."""
        self.assertFalse([name for name in os.listdir(self.dir)
                          if name.startswith(".")
                          and name[1:] not in self.texts
                          and not name.startswith(".summary")])
        left = [path for path in self.files if path.exists()]
        result = self.load("--pattern", self.dir / "*.tsv.gz",
                           code=0 if left else 2)
        for path in self.files:
            self.assert_renamed(path, result)
        if left:
            self.assertEqual(result.totals["stored"], self.n * len(left))
        want = {}
        for text in self.texts.values():
            for kind, items in records.read(text).stored().items():
                want.setdefault(kind, {}).update(items)
        self.assert_holds(want)

    def wait_gone(self, group):
        def is_gone():
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return True
            return False
        memc.wait_until(is_gone, "no process is left", SOON_S)


class Stops(Deaths):
    """SIGINT, SIGTERM and SIGHUP, once and twice."""

    def each(self, check, stops=STOPS):
        for number, times in stops:
            with self.subTest(f"{number.name} x {times}"):
                self.flush_all()
                check(number, times)

    def test_before_the_first_file(self):
        """While the servers are asked whether they are there."""
        def check(number, times):
            self.make("idfa")
            running = self.start(*SMALL, files=self.files,
                                 servers=self.via("idfa", 0))
            self.proxies.wait_held()
            running.signal(number)
            if times > 1:  # nobody can be told yet
                memc.wait_until(lambda: not is_pending(running.pid),
                                "the first one is taken")
                memc.wait_until(lambda: running.signal(number)
                                or not running.is_running(),
                                "one is late enough to be the second")
                running.summary_path = None
                result = self.check(running, 4, deadline=SOON_S)
                self.assertIn("nothing was loaded, no file was touched",
                              result.err)
            else:
                self.proxies.release()
                result = self.check(running, 4, deadline=SOON_S)
                self.assert_file(result, "a.tsv.gz", "skipped", "interrupted")
                self.assertEqual(result.totals["lines"], 0)
            self.assert_kept(self.files[0], result)
            self.assertEqual(self.servers["idfa"].keys(), set())
            self.assert_completes()

        self.each(check)

    def test_in_the_middle_of_a_file(self):
        def check(number, times):
            running = self.hold()
            self.stop_it(running, number, times)
            if times == 1:
                self.proxies.release()
            result = self.check(running, 4, deadline=SOON_S)
            self.assert_file(result, "a.tsv.gz", "interrupted")
            self.assert_kept(self.files[0], result)
            self.assert_true(result)
            self.proxies.release()
            self.wait_gone(running.pid)
            self.assert_completes()

        self.each(check)

    def rename_waits(self, stop):
        """b is done and waits for a, which stands still, and whose server is
        asked behind the proxy, too, to no avail."""
        running = self.hold("--processes", "2", *memc.HASTY, kinds=("idfa", "gaid"))
        memc.wait_until(lambda: "b.tsv.gz: read" in running.said(),
                        "b is done")
        self.assertTrue(self.files[1].exists())
        stop(running)
        result = self.check(running, 4, deadline=SOON_S)
        self.assert_file(result, "a.tsv.gz", "interrupted")
        self.assert_kept(self.files[0], result)
        self.assert_file(result, "b.tsv.gz", "done")
        self.assert_renamed(self.files[1], result)
        self.assert_true(result)
        self.proxies.release()
        self.wait_gone(running.pid)
        self.assert_completes()

    def test_while_a_rename_waits(self):
        def check(number, times):
            def stop(running):
                self.stop_it(running, number, times)
                if times == 1:
                    self.proxies.release()
            self.rename_waits(stop)

        # each takes a --timeout
        self.each(check, [(signal.SIGINT, 1), (signal.SIGTERM, 2),
                          (signal.SIGHUP, 1)])

    def test_while_the_servers_are_asked_at_the_end(self):
        """No answer is no answer, where it is we who would not wait."""
        def stop(running):
            running.signal(signal.SIGINT)
            memc.wait_until(lambda: "a.tsv.gz: interrupted" in running.said(),
                            "a's worker is gone")
            running.signal_again(signal.SIGINT)

        self.rename_waits(stop)


class Asked(Deaths):
    """While the servers are asked, at the end, whether they have it all."""

    shards = ()

    def setUp(self):
        super().setUp()
        self.is_silent = True
        self.no_answer = fake.silence
        self.silent = set()  # connections
        self.it = self.fake(script=self.stay_silent)
        self.text = generate(200, 1, types=("idfa",), apps=(1, 9))

    def stay_silent(self, request):
        """From the second asking on: before the load it is answered."""
        if (request.verb == "stats" and self.it.counts["sets"]
                and self.is_silent):
            self.silent.add(request.connection)
        return self.no_answer() if request.connection in self.silent else None

    def begin(self, *args):
        self.it.items.clear()
        self.it.counts.clear()
        self.silent.clear()
        self.is_silent = True
        self.path = self.write("a.tsv.gz", self.text)
        running = self.start(*SMALL, *args, files=[self.path],
                             servers={"idfa": self.it})
        self.it.wait_for(lambda: self.silent, "the servers are asked")
        return running

    def complete(self):
        """Loads what was left, all of it."""
        self.is_silent = False
        self.it.items.clear()
        self.it.counts.clear()
        self.assert_loaded(self.load(files=[self.path],
                                     servers={"idfa": self.it}))

    def assert_loaded(self, result):
        self.assert_file(result, "a.tsv.gz", "done")
        self.assertEqual(result.totals["stored"], 200)
        self.assert_renamed(self.path)
        self.assertEqual(self.it.items,
                         records.read(self.text).stored()["idfa"])

    def test_one_signal_and_no_answer(self):
        """Nobody knows whether it is stored: loaded again."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                running = self.begin(*memc.HASTY)
                running.signal(number)
                result = self.check(running, 4, deadline=SOON_S)
                self.assert_file(result, "a.tsv.gz", "failed", "lost")
                self.assert_kept(self.path, result)
                self.complete()

    def test_waiting_for_an_answer_keeps_no_core_busy(self):
        """It is asked again and again; in between nothing is to do."""
        running = self.begin(*memc.HASTY)
        before = self.cpu_s(running.pid)
        memc.wait_until(lambda: "it does not answer" in running.said(),
                        "the first asking is over")
        self.no_answer = fake.close  # which takes no time: pauses are left
        n = len(self.silent) + 8
        memc.wait_until(lambda: len(self.silent) >= n, "it is asked again")
        self.assertLess(self.cpu_s(running.pid) - before, 0.5)
        self.is_silent = False
        self.assert_loaded(self.check(running))

    @staticmethod
    def cpu_s(pid):
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rsplit(b")", 1)[1].split()
        ticks = int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def test_two_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                running = self.begin(*ENDLESS)
                self.stop_it(running, number, 2)
                result = self.check(running, 4, deadline=SOON_S)
                self.assert_file(result, "a.tsv.gz", "interrupted")
                self.assert_kept(self.path, result)
                self.wait_gone(running.pid)
                self.complete()

    def test_who_asks_is_killed(self):
        """It is asked again, by another."""
        for number in CRASHES:
            with self.subTest(number.name):
                running = self.begin(*ENDLESS)
                children = memc.children(running.pid)
                self.assertEqual(len(children), 1, running.said())
                self.is_silent = False
                os.kill(children[0], number)
                result = self.check(running, 0, deadline=SOON_S)
                self.assertIn("the process that asked it died", result.err)
                self.assert_loaded(result)

    def test_the_supervisor_is_killed(self):
        running = self.begin(*ENDLESS)
        os.kill(running.pid, signal.SIGKILL)
        running.process.wait()
        self.wait_gone(running.pid)
        self.assert_kept(self.path)
        self.complete()


class Killed(Deaths):
    def test_a_worker(self):
        for number in CRASHES:
            with self.subTest(number.name):
                self.flush_all()
                running = self.hold("--processes", "1",
                                    kinds=("idfa", "gaid"))
                workers = running.workers()
                self.assertEqual(len(workers), 1, running.said())
                os.kill(workers[0], number)
                memc.wait_until(lambda: running.workers() != workers,
                                "the worker is gone")
                self.proxies.release()
                result = self.check(running, 1)
                row = self.assert_file(result, "a.tsv.gz", "failed", "worker")
                self.assertIs(row["partial"], True)
                self.assertRegex(result.err, "a.tsv.gz.* killed by signal "
                                 f"{number.value} ")
                self.assert_kept(self.files[0], result)
                self.assert_file(result, "b.tsv.gz", "done")
                self.assert_renamed(self.files[1], result)
                self.assert_true(result)
                self.assert_completes()

    def test_the_supervisor(self):
        """Its workers end by themselves, and the locks are free."""
        running = self.hold(*ENDLESS)
        os.kill(running.pid, signal.SIGKILL)
        running.process.wait()
        self.proxies.release()
        self.wait_gone(running.pid)
        self.assert_kept(self.files[0])
        self.assert_completes()

    def test_the_supervisor_while_the_server_stays_silent(self):
        """The workers have --timeout."""
        running = self.hold(*memc.HASTY)
        os.kill(running.pid, signal.SIGKILL)
        running.process.wait()
        self.wait_gone(running.pid)
        self.proxies.reset_all()
        self.proxies.release()
        self.assert_kept(self.files[0])
        self.assert_completes()


class Readers(Deaths):
    """Whoever looked at the output is gone."""

    def hang_up(self, *args):
        """A load on a terminal that goes away: its Result. Its server stands
        still until it has ended: nothing else would show here that the signal
        has arrived."""
        master, slave = pty.openpty()
        running = self.hold(
            *memc.HASTY, *args, pass_fds=(slave,),
            command=[sys.executable, "-c", ON_TERMINAL, str(slave)])
        os.close(slave)
        os.close(master)
        result = self.check(running, None, deadline=SOON_S)
        self.proxies.release()
        self.assertIs(result.totals["lines"] < self.n, True, result)
        self.assert_file(result, "a.tsv.gz", "interrupted")
        self.assert_kept(self.files[0], result)
        self.assert_true(result)
        self.wait_gone(running.pid)
        return result

    def test_a_terminal(self):
        """3: the log could not be written."""
        self.assertEqual(self.hang_up().code, 3)
        self.assert_completes()

    def test_a_terminal_with_the_log_elsewhere(self):
        """4, unless the report goes nowhere, too."""
        result = self.hang_up("-q", "--log", self.dir / "log")
        self.assertEqual(result.code, 4, result)
        self.assert_completes()

    def gone(self, redirection):
        """A load whose output goes to a pipe that nobody reads."""
        read_end, write_end = os.pipe()
        self.make("idfa", "gaid")
        running = self.start(
            *SMALL, files=self.files,
            command=["bash", "-c", f'exec "$@" {redirection}&{write_end}',
                     "sh"], pass_fds=(write_end,))
        os.close(read_end)
        os.close(write_end)
        result = self.check(running, 3)
        self.assertEqual(result.totals["stored"], 2 * self.n)
        for path in self.files:
            self.assert_file(result, path.name, "done")
            self.assert_renamed(path, result)
        self.assert_true(result)
        return result

    def test_the_report(self):
        result = self.gone(">")
        self.assertIn("cannot write to standard output: Broken pipe",
                      result.err)

    def test_the_log(self):
        self.assertIn("All 2 files done", self.gone("2>").out)


if __name__ == "__main__":
    memc.main()
