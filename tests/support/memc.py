"""The harness of the integration and CLI tests.

A test file is a script: it derives from LoadTest and ends in memc.main().
tests/run tells by the environment what is tested:
  MEMC_LOAD     the program (in valgrind mode a wrapper that execs it)
  MEMC_SUPPORT  directory of the support programs
  MEMC_MODE     release asan tsan ubsan valgrind cov debug
and by whoever runs the tests, as CI does:
  MEMC_SHARE    K: of very many like cases every Kth, from a random one on
  MEMC_SHARE_OF_TESTS  K: of a script's tests every Kth, from a random one on
Every test has a temporary directory, every run of the program a deadline, and
every load balances its books before the test looks at anything else.
"""

import json
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import fake
import proxy
import records
import servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODE = os.environ.get("MEMC_MODE", "release")
PROGRAM = os.environ.get("MEMC_LOAD", str(ROOT / "build" / MODE / "memc_load"))
SUPPORT = pathlib.Path(
    os.environ.get("MEMC_SUPPORT", str(ROOT / "build" / MODE / "support")))

SHARE = int(os.environ.get("MEMC_SHARE") or 1)
# connections to each server before the first that stores: one that looks what it
# is, one that leaves a canary, and one that reads the counters after that
N_PROBES = 3
SHARE_OF_TESTS = int(os.environ.get("MEMC_SHARE_OF_TESTS") or 1)

# how much slower a build is: sizes shrink by it, deadlines grow
SHRINK = {"ubsan": 2, "cov": 2, "debug": 2, "asan": 5, "tsan": 10,
          "valgrind": 40}.get(MODE, 1)
PATIENCE = {"ubsan": 2, "cov": 2, "debug": 2, "asan": 3, "tsan": 5,
            "valgrind": 15}.get(MODE, 1)
# a --timeout that is to run out: long enough still for the first probe, which
# has no second try, on a busy machine
HASTY = ("--timeout", str(2000 + 500 * PATIENCE))
DEADLINE_S = 90 * PATIENCE
MODES = ("set", "multi", "noreply")
# into a sanitised program nothing can be preloaded
CAN_PRELOAD = MODE in ("release", "debug", "cov")

# Whoever runs the tests may have these ignored, as nohup and a shell's
# background leave them. What tests start would inherit that, but not a handler.
for number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

# what a sanitizer or valgrind says when it found something
FAULT = re.compile(
    r"AddressSanitizer|ThreadSanitizer|LeakSanitizer|runtime error:|"
    r"ERROR SUMMARY: [1-9]|==\d+== (?:Invalid|Use of uninit|Conditional jump|"
    r"Mismatched|Syscall param)")


# Runs a command from a process of its own, which is small: the largest
# resident size of a process counts what it was before exec(2), too.
LAUNCHER = """
import os, sys
pid = os.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as out:
    out.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def launcher(out):
    """For Running's `command`: the peak of the program and its workers, in
    KiB, goes into the file `out`."""
    return ["/usr/bin/python3", "-SE", "-c", LAUNCHER, str(out)]


# Runs a command that may write no larger files: as a full disk, but without
# having to be root.
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


def limited(n_bytes):
    """For Running's `command`: what goes beyond that in a file is EFBIG."""
    return ["/usr/bin/python3", "-SE", "-c", LIMITED, str(n_bytes)]


def scale(n, least=1):
    """n, or fewer in a slow build."""
    return max(n // SHRINK, least)


def share(cases, slow=1):
    """Of these very many like cases all; with MEMC_SHARE=K every Kth, and in a
    slow build every slow-th. Both are primes, lest a test over the bits of a
    file always meet the same bits of a byte."""
    step = max(SHARE, slow if SHRINK > 1 else 1)
    return cases[random.randrange(step) if step > 1 else 0::step]


def patience(seconds):
    """A time the program is given: longer in a slow build."""
    return seconds * PATIENCE


def wait_until(is_true, what, seconds=None):
    """Polls until it is true; fails by name when it never is."""
    until = time.monotonic() + (seconds or DEADLINE_S)
    while not is_true():
        if time.monotonic() > until:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(0.005)


def hold_for(seconds):
    """Lets a condition last so long, where its length is what is tested."""
    threading.Event().wait(seconds)


def parent(pid):
    """The parent's pid; None for a process that is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rsplit(b")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[1])


def children(pid):
    """Pids of its running children."""
    return sorted(int(entry) for entry in os.listdir("/proc")
                  if entry.isdigit() and parent(entry) == pid)


class Result:
    """What a run came to."""

    def __init__(self, args, code, out, err, summary):
        self.args = args
        self.code = code
        self.out = out
        self.err = err
        self.summary = summary

    def __str__(self):
        return (f"{' '.join(map(str, self.args))}\nexit {self.code}\n"
                f"--- standard output\n{self.out[-4000:]}\n"
                f"--- standard error\n{self.err[-6000:]}\n"
                f"--- summary\n{json.dumps(self.summary)[:4000]}")

    @property
    def totals(self):
        return self.summary["totals"]

    @property
    def rejects(self):
        """Reasons that occurred."""
        return {k: n for k, n in self.summary["rejects"].items() if n}

    def file(self, base=None):
        """The row of a file by its base name, or of the only one."""
        rows = [row for row in self.summary["files"]
                if base in (None, os.path.basename(row["path"]))]
        assert len(rows) == 1, f"{len(rows)} rows of {base}\n{self}"
        return rows[0]

    def shard(self, name):
        rows = [r for r in self.summary["shards"] if r["name"] == name]
        assert len(rows) == 1, f"{len(rows)} rows of shard {name}\n{self}"
        return rows[0]

    def log(self, level=None):
        """Log lines on standard error: (level, message)."""
        rows = LOG_LINE.findall(self.err)
        return [row for row in rows if level in (None, row[0])]


LOG_LINE = re.compile(
    r"^\[\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d\] ([DIWE]) (.*)$", re.MULTILINE)


class Running:
    """The program at work. finish() waits for its end, kill() ends it; the
    test that started it does one of both (tearDown sees to the latter)."""

    def __init__(self, args, directory, summary_path=None, stdin=None,
                 env=None, user=None, command=None, pass_fds=()):
        self.args = [PROGRAM] + [os.fspath(arg) for arg in args]
        self.summary_path = summary_path
        self.out = tempfile.TemporaryFile(dir=directory)
        self.err = tempfile.TemporaryFile(dir=directory)
        self.process = subprocess.Popen(
            (command or []) + self.args, cwd=directory,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=self.out, stderr=self.err, user=user,
            pass_fds=pass_fds, start_new_session=True)
        self.pid = self.process.pid
        self.result = None
        self.feeder = None
        if stdin:
            self.feed(stdin)

    def feed(self, text, last=True):
        """Writes to its standard input, in a thread, after what was fed
        before; `last` closes it."""
        before = self.feeder

        def write():
            if before is not None:
                before.join()
            try:
                self.process.stdin.write(text)
                self.process.stdin.flush()
                if last:
                    self.process.stdin.close()
            except (BrokenPipeError, ValueError):
                pass  # it ended early; its exit code tells more

        self.feeder = threading.Thread(target=write, daemon=True)
        self.feeder.start()

    def is_running(self):
        return self.process.poll() is None

    def workers(self):
        return children(self.pid)

    def said(self):
        """Standard error so far."""
        size = os.fstat(self.err.fileno()).st_size
        return os.pread(self.err.fileno(), size, 0).decode(errors="replace")

    def signal(self, number):
        self.process.send_signal(number)

    def signal_again(self, number):
        """One more than those that it has told of, and not so soon that it
        would be taken for one of them."""
        hold_for(0.3)
        self.signal(number)

    def kill(self):
        """Ends it and its workers, which share its process group; they are
        gone then, and so are their locks."""
        family = [self.pid, *self.workers()]
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        wait_until(lambda: all(parent(pid) is None for pid in family),
                   "its processes are gone")
        self.close()

    def close(self):
        if self.feeder is not None:
            self.feeder.join(1)
        for stream in (self.out, self.err, self.process.stdin):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass

    def finish(self, deadline=None):
        """Its Result; a run that outlasts the deadline fails the test."""
        deadline = deadline or DEADLINE_S
        is_late = False
        try:
            self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            is_late = True
            os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()
        self.result = Result(self.args, self.process.returncode,
                             self.text(self.out), self.said(), self.summary())
        self.close()
        if is_late:
            raise AssertionError(
                f"still running after {deadline} s, killed:\n{self.result}")
        if FAULT.search(self.result.err):
            raise AssertionError(f"a sanitizer complains:\n{self.result}")
        if self.result.code < 0:
            name = signal.Signals(-self.result.code).name
            raise AssertionError(f"it died of {name}:\n{self.result}")
        return self.result

    def text(self, stream):
        stream.seek(0)
        return stream.read().decode(errors="replace")

    def summary(self):
        if self.summary_path is None or not self.summary_path.exists():
            return None
        return json.loads(self.summary_path.read_text("utf-8"))


class LoadTest(unittest.TestCase):
    """Base of all tests. A class names the shards it wants real servers for;
    they live as long as the class and are flushed before each test."""

    shards = ()
    tcp = False
    server_args = ()
    megabytes = 256
    maxDiff = 4000
    BOOKS = ("lines", "blank", "stored", "sent", "rejected", "failed")

    @classmethod
    def setUpClass(cls):
        cls.class_dir = open_directory()
        cls.addClassCleanup(shutil.rmtree, cls.class_dir, True)
        cls.servers = {}
        cls.spare = None
        for name in cls.shards:
            cls.servers[name] = cls.server(name)

    @classmethod
    def all_four(cls, servers):
        """The same; where some of the default shards are named, the others
        are too, lest the program look for them at their default ports."""
        names = set(records.TYPES)
        if not servers or not set(servers) < names:
            return servers
        if cls.spare is None:
            cls.spare = cls.server("spare", tcp=False, args=(), megabytes=64)
        return {**servers, **{n: cls.spare for n in names - set(servers)}}

    @classmethod
    def server(cls, name, tcp=None, args=None, megabytes=None):
        """A started memcached that is stopped after the class."""
        is_tcp = cls.tcp if tcp is None else tcp
        path = None if is_tcp else f"{cls.class_dir}/{name}"
        server = servers.Memcached(
            path, cls.server_args if args is None else args,
            megabytes or cls.megabytes).start()
        cls.addClassCleanup(server.stop)
        return server

    def setUp(self):
        self.dir = pathlib.Path(open_directory())
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.n_runs = 0
        self.flush_all()

    # -- what a test needs

    def flush_all(self):
        """Empties the class's servers."""
        for server in self.servers.values():
            server.flush()

    def write(self, name, text, is_gzip=True):
        """A file of that text in the test's directory: its path. What an
        earlier run renamed is removed, so that its new name is free again."""
        path = self.dir / name
        path.with_name("." + path.name).unlink(missing_ok=True)
        path.write_bytes(records.member(text) if is_gzip else text)
        return path

    def fake(self, script=None, **fields):
        """A started fake memcached that is stopped after the test."""
        it = fake.Fake(script=script)
        for name, value in fields.items():
            assert hasattr(it, name), name
            setattr(it, name, value)
        it.start()
        self.addCleanup(it.stop)
        return it

    def proxy(self, target):
        it = proxy.Proxy(target).start()
        self.addCleanup(it.stop)
        return it

    def start(self, *args, files=(), servers=None, stdin=None, env=None,
              user=None, summary=True, command=None, pass_fds=()):
        """Starts the program. servers: {name: address or server}, by default
        the class's. stdin: bytes to feed; b"" opens it to feed() later."""
        servers = self.all_four(self.servers if servers is None else servers)
        options = []
        for name, server in servers.items():
            address = getattr(server, "address", server)
            options += ["--shard", f"{name}={address}"]
        path = None
        if summary:
            self.n_runs += 1
            path = self.dir / f".summary{self.n_runs}.json"
            options += ["--summary", path]
        if args and args[0] in ("load", "get", "doctor", "verify", "bench"):
            options.insert(0, args[0])
            args = args[1:]
        running = Running([*options, *args, *files], self.dir, path, stdin,
                          env, user, command, pass_fds)
        self.addCleanup(running.kill)
        return running

    def load(self, *args, code=0, deadline=None, **more):
        """Runs the program to its end and checks the exit code (None: any)
        and the books; all else is the Result's."""
        return self.check(self.start(*args, **more), code, deadline)

    def doctor(self, *args, code=0, deadline=None, **more):
        """Runs `doctor` to its end and checks the exit code."""
        result = self.start("doctor", *args, **more).finish(deadline)
        if result.code != code:
            self.fail(f"exit {result.code}, not {code}:\n{result}")
        if result.summary is not None:
            self.assertEqual(result.summary["command"], "doctor")
            self.assertEqual(result.summary["exit_code"], code, result)
        return result

    def verify(self, *args, code=0, **more):
        """Runs `verify`: its Result; the log tells every stray."""
        result = self.load("verify", "-v", *args, code=code, **more)
        if result.summary is not None:
            self.assertEqual(result.summary["command"], "verify")
        return result

    def stop_held(self, running, number, held):
        """Asks it to stop, and lets what it waits for go on when it has said
        that it will: by then its workers know."""
        running.signal(number)
        wait_until(lambda: "stopping" in running.said(), "it stops")
        held.release()

    def wait_while(self, running, is_true, what):
        """Until it is true; the program is not to end before, and what it said
        is told when it never is."""
        try:
            wait_until(lambda: is_true() or not running.is_running(), what)
        except AssertionError as e:
            self.fail(f"{e}; it said so far:\n{running.said()}")
        if not running.is_running():
            self.fail(f"it ended before {what}:\n{running.finish()}")

    def wait_begun(self, running, *servers):
        """Until each of these servers got its first set."""
        for server in servers:
            self.wait_while(running, lambda: server.sets_after(0) > 0,
                            "the load begins")

    def check(self, running, code=0, deadline=None):
        result = running.finish(deadline)
        if code is not None and result.code != code:
            self.fail(f"exit {result.code}, not {code}:\n{result}")
        if running.summary_path is not None:
            self.assert_books(result)
        return result

    # -- what a test asserts

    def assert_books(self, result):
        """lines = blank + rejected + stored + sent + failed, everywhere, and
        the files, shards and reasons add up to the totals."""
        summary = result.summary
        if summary is None:
            # refused before there was anything to sum up
            self.assertIn(result.code, (2, 3), result)
            return
        self.assertEqual(summary["exit_code"], result.code, result)
        totals = summary["totals"]
        # a Result is long as a text: made only for what fails
        for row in [totals] + summary["files"]:
            if row["lines"] != sum(row[name] for name in self.BOOKS[1:]) or min(
                    row[name] for name in self.BOOKS) < 0:
                self.fail(f"{row}\n{result}")
        for name in self.BOOKS:
            self.assertEqual(totals[name], sum(row[name] for row
                                               in summary["files"]), result)
        for name in ("stored", "sent", "failed"):
            self.assertEqual(totals[name], sum(row[name] for row
                                               in summary["shards"]), result)
        self.assertEqual(totals["rejected"], sum(summary["rejects"].values()),
                         result)
        self.assertEqual(totals["files"], len(summary["files"]), result)
        done = [row for row in summary["files"] if row["status"] == "done"]
        self.assertEqual(totals["files_done"], len(done), result)

    def assert_counts(self, result, expected, mode="multi"):
        """The counts are those of the model: nothing lost, nothing twice."""
        good = "stored" if mode in ("set", "multi") else "sent"
        want = {"lines": expected.lines, "blank": expected.blank,
                "stored": 0, "sent": 0, "rejected": len(expected.bad),
                "failed": 0, good: len(expected.items)}
        got = {name: result.totals[name] for name in want}
        self.assertEqual(got, want, result)
        self.assertEqual(result.rejects, expected.rejects, result)
        self.assertEqual(
            {k: n for k, n in result.summary["warnings"].items() if n},
            {k: n for k, n in (("out_of_range", expected.out_of_range),
                               ("skipped_app", expected.skipped_app)) if n},
            result)

    def assert_holds(self, expected, servers=None, note=""):
        """The servers hold exactly these items: {type: {key: value}}."""
        for name, server in (servers or self.servers).items():
            want = expected.get(name, {})
            got = server.items(want)
            if got != want:
                self.fail(f"shard {name}: {differences(want, got)}\n{note}")
            more = server.keys() - set(want)
            self.assertFalse(more, f"shard {name} has more keys: "
                             f"{sorted(more)[:5]}\n{note}")

    def assert_file(self, result, base, status, reason=None):
        row = result.file(base)
        self.assertEqual(row["status"], status, result)
        if reason is not None:
            self.assertEqual(row.get("reason"), reason, result)
        elif status == "done":
            self.assertFalse(row.get("reason"), result)
        return row

    def assert_renamed(self, path, result=None):
        self.assertFalse(path.exists(), result)
        self.assertTrue(path.with_name("." + path.name).exists(), result)

    def assert_kept(self, path, result=None):
        self.assertTrue(path.exists(), result)
        self.assertFalse(path.with_name("." + path.name).exists(), result)

    def assert_line_told(self, result, base, number, reason):
        """A warning names the line and says why."""
        want = re.compile(rf"{re.escape(base)}:{number}: {reason}\b")
        if not any(want.search(said) for _, said in result.log("W")):
            self.fail(f"no warning {want.pattern}\n{result}")


def open_directory():
    """A temporary directory that other users may write to, because memcached
    and some tests run as somebody else."""
    path = tempfile.mkdtemp(prefix="memc-")
    os.chmod(path, 0o777)
    return path


def differences(want, got):
    """In words, what is not as it should be."""
    missing = [key for key in want if key not in got]
    wrong = [key for key in want if key in got and got[key] != want[key]]
    text = f"{len(want)} keys: {len(missing)} missing, {len(wrong)} different"
    if missing:
        text += f"; missing {missing[:3]}"
    for key in wrong[:2]:
        text += f"; {key} holds {got[key][:60]!r}, not {want[key][:60]!r}"
    return text


NOBODY = "nobody"


def can_be_nobody():
    """Are we root, and may nobody run the program?"""
    if os.geteuid() != 0:
        return False
    try:
        pwd.getpwnam(NOBODY)
        return subprocess.run(["test", "-x", PROGRAM],
                              user=NOBODY).returncode == 0
    except (KeyError, OSError):
        return False


class Share(unittest.TestLoader):
    """All tests of a script, or a share of them."""

    def loadTestsFromModule(self, module, *, pattern=None):
        suite = super().loadTestsFromModule(module, pattern=pattern)
        tests = [test for tests in suite for test in tests]
        first = random.randrange(max(min(SHARE_OF_TESTS, len(tests)), 1))
        return self.suiteClass(tests[first::SHARE_OF_TESTS])


def main():
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"{PROGRAM}: not there; build it first, or set MEMC_LOAD")
    unittest.main(testLoader=Share())
