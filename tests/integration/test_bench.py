#!/usr/bin/python3
"""memc_load bench: on servers of its own, and on some that were named."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import fake
import memc
import records
from memc import children, parent, scale, wait_until

TYPES = ("idfa", "gaid", "adid", "dvid")


class BenchTest(memc.LoadTest):
    """Each test has a TMPDIR of its own: what is left there was left."""

    def setUp(self):
        super().setUp()
        self.tmp = self.dir / "tmp"
        self.tmp.mkdir()
        # its servers run as nobody
        self.tmp.chmod(0o755)
        self.dir.chmod(0o755)

    def begin(self, *args, servers=None, env=None):
        return self.start("bench", *args, servers=servers or {},
                          summary=False,
                          env={"TMPDIR": str(self.tmp), **(env or {})})

    def bench(self, *args, code=0, **more):
        result = self.begin(*args, **more).finish(4 * memc.DEADLINE_S)
        if result.code != code:
            self.fail(f"exit {result.code}, not {code}:\n{result}")
        self.assert_nothing_left(result)
        return result

    def assert_nothing_left(self, note=""):
        self.assertEqual(list(self.tmp.iterdir()), [], note)

    def report(self):
        return json.loads((self.dir / "report.json").read_text("utf-8"))

    def wait_said(self, running, text):
        wait_until(lambda: text in running.said() or not running.is_running(),
                   f"it says {text}")
        if not running.is_running():
            self.fail(f"it ended too early:\n{running.finish()}")

    def family(self, running):
        """All its processes: keeper, servers, loads and their workers."""
        found, new = set(), {running.pid}
        while new:
            new = {child for pid in new for child in children(pid)} - found
            found |= new
        return found


class OwnServers(BenchTest):
    def test_sweep_of_modes(self):
        lines = scale(4000, 200)
        result = self.bench(
            "--generate", str(lines), "--sweep", "mode=set,multi,noreply",
            "--sweep", "threads=0,1", "--repeat", "2", "--seed", "3",
            "--json", "report.json", "--processes", "2")
        report = self.report()
        self.assertEqual(report["seed"], 3)
        self.assertEqual(report["data"]["files"], 2)
        self.assertEqual(report["data"]["lines"], lines)
        self.assertEqual(report["servers"], {"n": 4, "own": True})
        loads = [run for run in report["runs"] if run["kind"] == "load"]
        floors = [run for run in report["runs"] if run["kind"] != "load"]
        self.assertEqual(len(floors), 2 * 3)
        seen = sorted((run["round"], run["setting"]["mode"],
                       run["setting"]["threads"]) for run in loads)
        first = min(run["round"] for run in loads)
        self.assertEqual(seen, sorted(
            (first + i, mode, threads) for i in range(2)
            for mode in ("set", "multi", "noreply") for threads in "01"))
        for run in report["runs"]:
            self.assertFalse(run["failed"], run)
            self.assertGreater(run["wall_s"], 0, run)
            self.assertEqual(run["lines"], lines, run)
        for run in loads:
            self.assertGreater(run["client_user_s"] + run["client_system_s"],
                               0, run)
            self.assertGreater(run["server_cpu_s"], 0, run)
            self.assertGreater(run["peak_rss_bytes"], 1 << 20, run)
        # the table: a row each
        for mode in ("set", "multi", "noreply"):
            self.assertEqual(len(re.findall(
                rf"^[* ] +{mode} +[01] +[\d,]+ ", result.out, re.MULTILINE)),
                2, result)
        self.assertEqual(result.err.count(" lines/s"), 6 * 2 + 3 * 2, result)

    def test_seed_gives_the_order(self):
        orders = []
        for seed in ("5", "5", "6"):
            result = self.bench("--generate", "40", "--repeat", "2", "--seed",
                                seed, "--sweep", "batch=10,20,30")
            orders.append(re.findall(r"^run \d+ of 12  (\S+(?: \S+)?)  ",
                                     result.err, re.MULTILINE))
        self.assertEqual(len(orders[0]), 12, result)
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])

    def test_files_with_bad_lines(self):
        """What is rejected is rejected in every run; nothing is renamed and
        no rejects are written."""
        path = self.write("a.tsv.gz", records.line() + b"bad\n\n"
                          + b"".join(records.line(ident=str(i))
                                     for i in range(200)))
        before = sorted(self.dir.iterdir())
        self.bench(path, "--sweep", "mode=set,multi", "--repeat", "1",
                   "--json", "report.json")
        (self.dir / "report.json").rename(self.tmp / "report.json")
        self.assertEqual(sorted(self.dir.iterdir()), before)
        report = json.loads((self.tmp / "report.json").read_text())
        self.assertEqual({run["lines"] for run in report["runs"]}, {203})
        self.assertEqual(report["data"]["operands"], [str(path)])

    def test_settings_of_all_loads_reach_them(self):
        """One that makes every load fail shows that it got there."""
        path = self.write("a.tsv.gz", b"bad\n" + b"".join(
            records.line(ident=str(i)) for i in range(50)))
        result = self.bench(path, "--max-error-rate", "0.01", code=3)
        self.assertIn("the warm-up load failed, so nothing was "
                      "measured: exit status 1: ", result.err)
        self.assertEqual(result.out, "")

    def test_quiet(self):
        result = self.bench("--generate", "40", "--repeat", "1", "-q",
                            "--sweep=threads=0", "--json", "report.json")
        self.assertEqual((result.out, result.err), ("", ""))
        self.assertEqual(len(self.report()["runs"]), 4)

    def test_files_that_are_no_good(self):
        for name, said in (("none.gz", "none.gz: No such file or directory"),
                           ("-", "-: No such file or directory"),
                           ("/dev/null", "/dev/null is not a regular file: "
                            "bench loads the same data many times")):
            result = self.bench(name, code=2)
            self.assertIn(said, result.err)


class Endings(BenchTest):
    def endless(self, **more):
        running = self.begin("--generate", "400", "--repeat", "1000",
                             "--sweep", "threads=0,1", "--json",
                             "report.json", **more)
        self.wait_said(running, "run 6 of")
        return running

    def test_interrupted(self):
        """What was measured so far is told and written."""
        for number in (signal.SIGINT, signal.SIGTERM):
            running = self.endless()
            family = self.family(running)
            running.signal(number)
            result = running.finish()
            self.assertEqual(result.code, 4, result)
            self.assertRegex(result.out, r"threads +lines/s")
            self.assertRegex(result.out, r"(?i)interrupted")
            report = self.report()
            self.assertTrue(report["interrupted"])
            self.assertGreaterEqual(len(report["runs"]), 5)
            self.assertEqual([run for run in report["runs"] if run["failed"]],
                             [], result)
            wait_until(lambda: all(parent(pid) is None for pid in family),
                       "its processes are gone")
            self.assert_nothing_left(result)

    def test_interrupted_while_it_makes_data(self):
        running = self.begin("--generate", "100000000", "--sweep=threads=0")
        self.wait_said(running, "making 100,000,000 lines")
        wait_until(lambda: any(self.tmp.glob("*/made*")), "files are made")
        running.signal(signal.SIGINT)
        result = running.finish()
        self.assertEqual((result.code, result.out), (4, ""), result)
        self.assertIn("stopped before anything was measured", result.err)
        self.assert_nothing_left(result)

    def test_killed(self):
        """It can do nothing then; its servers and files go all the same."""
        running = self.endless()
        wait_until(lambda: len(self.family(running)) >= 5
                   or not running.is_running(), "its servers run")
        family = self.family(running)
        os.kill(running.pid, signal.SIGKILL)
        wait_until(lambda: all(parent(pid) is None for pid in family),
                   "its processes are gone")
        wait_until(lambda: not list(self.tmp.iterdir()), "its files are gone")

    def test_killed_while_servers_run(self):
        """The same, with four that are known to be memcached."""
        running = self.endless()
        servers = []

        def look():
            servers[:] = [pid for pid in self.family(running)
                          if name_of(pid) == "memcached"]
            return len(servers) == 4 or not running.is_running()

        wait_until(look, "four memcached run")
        os.kill(running.pid, signal.SIGKILL)
        wait_until(lambda: all(parent(pid) is None for pid in servers),
                   "they are gone")


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None


class Progress(BenchTest):
    def on_terminal(self, columns, *args):
        """All that it wrote to a terminal so wide; it must end well."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 30, columns, 0, 0))
        process = subprocess.Popen(
            [memc.PROGRAM, "bench", "--generate", "4000", "--repeat", "2",
             "--sweep=threads=0", *args], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=theirs, start_new_session=True,
            env={**os.environ, "TERM": "xterm", "TMPDIR": str(self.tmp)})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(theirs)
        shown = bytearray()
        until = time.monotonic() + 4 * memc.DEADLINE_S
        while select.select([ours], [], [], until - time.monotonic())[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the other end was closed
                break
        os.close(ours)
        self.assertEqual(process.wait(memc.DEADLINE_S), 0, shown)
        self.assert_nothing_left(shown)
        return shown.decode()

    def test_a_line_that_moves(self):
        shown = self.on_terminal(100)
        self.assertIn("making 4,000 lines in", shown)
        self.assertIn("warming up", shown)
        self.assertRegex(shown, r"\rrun 8 of 8  [^\r\n]*  ETA ")
        self.assertNotIn("\n", shown)
        # and leaves the line to what comes after it
        self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown[-99:]))

    def test_a_narrow_terminal(self):
        for line in re.split(r"\r(?:\x1b\[K)?", self.on_terminal(24)):
            self.assertLess(len(line.replace("\x1b[K", "")), 24, line)

    def test_never_on_a_terminal(self):
        self.assertEqual(self.on_terminal(100, "--progress=never"), "")


class NoServers(BenchTest):
    def test_no_memcached(self):
        result = self.bench("--generate", "40", env={"PATH": str(self.tmp)},
                            code=3)
        self.assertIn("there is no memcached in PATH to measure with: install "
                      "it (apt install memcached, or scripts/deps), or name "
                      "servers that may be filled with test data, by --shard "
                      "NAME=ADDR and --yes", result.err)

    def memcached(self, script):
        """A program of that name in a directory for PATH."""
        directory = self.dir / "bin"
        directory.mkdir()
        directory.chmod(0o777)
        path = directory / "memcached"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP
                   | stat.S_IXOTH)
        return {"PATH": f"{directory}:{os.environ['PATH']}"}

    def test_one_that_does_not_start(self):
        env = self.memcached("echo no more memory >&2; exit 71")
        result = self.bench("--generate", "40", env=env, code=3)
        self.assertRegex(result.err, r"memcached \(\w+\) ended by itself: "
                         r"exit status 71; it said: no more memory")

    def test_one_that_does_not_start_any_more(self):
        """What was measured before it is told."""
        env = self.memcached(
            f'case "$*" in *-V*) exec {which("memcached")} "$@";; esac\n'
            f'echo >>{self.dir}/bin/starts\n'
            f'[ "$(wc -l <{self.dir}/bin/starts)" -gt 40 ] && exit 71\n'
            f'exec {which("memcached")} "$@"')
        result = self.bench("--generate", "40", "--repeat", "9",
                            "--sweep=threads=0", env=env, code=3)
        self.assertIn("ended by itself: exit status 71", result.err)
        self.assertRegex(result.out, r"threads +lines/s")


def which(name):
    for directory in os.environ["PATH"].split(":"):
        if os.access(f"{directory}/{name}", os.X_OK):
            return f"{directory}/{name}"
    raise AssertionError(f"{name} is not in PATH")


class NamedServers(BenchTest):
    shards = TYPES

    def test_refused_without_yes(self):
        """Not a byte is sent there, not even a connection made."""
        servers = {name: self.fake() for name in TYPES}
        for more in ((), ("--generate", "40"), ("--sweep", "mode=set")):
            result = self.bench(*more, servers=servers, code=2)
            self.assertIn("give --yes if these may be filled", result.err)
        self.assertEqual([it.n_connections for it in servers.values()],
                         [0] * 4)

    def test_filled_with_yes(self):
        result = self.bench("--yes", "--generate", "400", "--repeat", "2",
                            "--sweep", "mode=multi,set", "--processes=1",
                            "--json", "report.json", servers=self.servers)
        report = self.report()
        self.assertFalse(report["servers"]["own"])
        self.assertEqual(report["servers"]["n"], 4)
        # one warms up, two settings and a floor are measured twice
        sets = sum(server.counter("cmd_set")
                   for server in self.servers.values())
        canaries = len(self.servers) * (1 + 2 * 2)  # none of the floor
        self.assertEqual(sets - canaries, 400 * (1 + 2 * 3), result)
        self.assertIn("not fresh", " ".join(result.out.split()))
        self.assertEqual({run["server_cpu_s"] for run in report["runs"]
                          if run["kind"] == "load"}, {None}, result)

    def test_one_is_not_there(self):
        result = self.bench("--yes", "--idfa", "unix:/nowhere/s",
                            "--generate", "40", code=3)
        self.assertRegex(result.err, r"the server unix:/nowhere/s cannot be "
                         r"used: .")


class FailedRuns(BenchTest):
    def run_with_refusals(self, nth, *more):
        """A server refuses a key the nth time it is set, and once more: so
        that asking again does not help."""

        def script(request):
            if request.key == b"gaid:7":
                times.append(request.verb)
                if len(times) in (nth, nth + 1):
                    return fake.refuse()
            return None

        times = []
        bad = self.fake(script)
        servers = {name: self.fake() for name in TYPES}
        servers["gaid"] = bad
        path = self.write("a.tsv.gz", b"".join(
            records.line("gaid", str(i)) for i in range(100)))
        result = self.bench(path, "--yes", "--repeat", "2", "--retries", "0",
                            "--sweep", "batch=50,60", "--seed", "1", *more,
                            "--json", "report.json", servers=servers, code=1)
        return result, self.report()

    def assert_one_failed(self, result, report, why):
        failed = [run for run in report["runs"] if run["failed"]]
        self.assertEqual(len(failed), 1, result)
        self.assertRegex(failed[0]["why"], why)
        told = re.findall(r"W run (\d+) \((.*)\) failed: (.*)", result.err)
        self.assertEqual(len(told), 1, result)
        self.assertEqual(told[0][0], str(failed[0]["order"] + 1))
        self.assertRegex(told[0][2], why)
        self.assertIn("failed", result.out)

    def test_one_with_an_error(self):
        # once by the warm-up; by this seed then a load comes, and a floor
        for nth in (2, 3):
            with self.subTest(nth=nth):
                result, report = self.run_with_refusals(nth)
                self.assert_one_failed(
                    result, report, r"exit status 1|refused a request")

    def test_one_that_stored_less(self):
        """Its file is done, by its error rate; but it is less work."""
        whys = set()
        for nth in (2, 3):
            result, report = self.run_with_refusals(
                nth, "--max-error-rate", "0.5")
            self.assert_one_failed(
                result, report, r"it stored 99 items of 100 lines; 100 of 100 "
                r"were expected|refused a request")
            whys |= {run["why"][:9] for run in report["runs"] if run["failed"]}
        self.assertIn("it stored", whys)

    def test_servers_that_went_away(self):
        """Those to come fail at once, and all of it is told."""
        servers = {name: self.fake() for name in TYPES}
        path = self.write("a.tsv.gz", b"".join(
            records.line("gaid", str(i)) for i in range(100)))
        running = self.begin(path, "--yes", "--repeat", "20", "--sweep",
                             "threads=0", "--max-outage", "0", "--json",
                             "report.json", servers=servers)
        self.wait_said(running, "run 5 of")
        servers["gaid"].stop()
        result = running.finish(4 * memc.DEADLINE_S)
        self.assertEqual(result.code, 1, result)
        runs = self.report()["runs"]
        self.assertEqual(len(runs), 20 * 4)
        self.assertFalse(any(run["failed"] for run in runs[:4]), result)
        # inflating and packing alone need no server
        for run in runs[-8:]:
            needs = run["kind"] in ("load", "servers")
            self.assertEqual(run["failed"], needs, run)


if __name__ == "__main__":
    memc.main()
