#!/usr/bin/python3
"""Every call that can fail, failing in turn: the Nth allocation, read, write,
rename, fork ... of the supervisor, of the workers, and of the process that
asks the servers at the end. Whatever fails: a clean end within a deadline, a
documented exit status, a message, counts that balance and are true, no name
changed of a file that is not wholly stored, nothing left behind; and running
again completes the load.

tests/support/fail_preload.c makes the failures, one a run. Which N: all up to
ALL_UP_TO, then every STEPth from a random start. The seed is told;
MEMC_TORTURE_SEED=N repeats it. MEMC_SHARE=K makes every Kth failure only, from
a random one on, as CI does, but all of calls that are few.
MEMC_TORTURE=KIND:N[+]:ERRNO:WHO runs that one failure alone, in every load that
knows it.
"""

import collections
import errno
import itertools
import json
import os
import queue
import random
import shutil
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import failing  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402

ALL_UP_TO = 60
STEP = 23
# most of a run is waiting for timeouts
JOBS = 4 * (os.cpu_count() or 2)
SEED = int(os.environ.get("MEMC_TORTURE_SEED") or random.randrange(10**6))
FEW = 10  # failures of one kind of call: all are made
ONE = os.environ.get("MEMC_TORTURE", "")

SHORT = 0

# what a call may fail with, most telling first; "+": it and all after it
ERRORS = {
    "alloc": ["ENOMEM"], "mmap": ["ENOMEM"], "open": ["EMFILE"],
    "close": ["EIO"], "stat": ["EIO"],
    "read": ["EIO", "EINTR", SHORT, "SHORT+"],
    "write": ["ENOSPC", "EINTR", SHORT, "ENOSPC+"], "fsync": ["EIO"],
    "rename": ["EIO", "EINVAL", "EINVAL+"], "unlink": ["EIO"],
    "flock": ["ENOLCK", "EINTR"], "lseek": ["EIO"], "pipe": ["EMFILE"],
    "eventfd": ["EMFILE"], "fork": ["EAGAIN", "EAGAIN+"],
    "thread": ["EAGAIN"], "socket": ["EMFILE", "EMFILE+"],
    "connect": ["ECONNREFUSED", "EINTR", "ECONNREFUSED+"],
    "send": ["ECONNRESET", "EINTR", SHORT, "SHORT+", "EPIPE+"],
    "recv": ["ECONNRESET", "EINTR", SHORT, "SHORT+", "ECONNRESET+"],
    "poll": ["EINTR", "ENOMEM"], "sockopt": ["ENOBUFS"],
}

# what is called in each of these loads; and threads, in those that have any
CALLED = {
    "supervisor": {"alloc", "mmap", "open", "close", "stat", "read", "write",
                   "fsync", "rename", "unlink", "flock", "pipe", "fork",
                   "socket", "connect", "send", "recv", "poll", "sockopt"},
    "worker": {"alloc", "mmap", "open", "close", "stat", "read", "write",
               "fsync", "rename", "flock", "eventfd", "socket", "connect",
               "send", "recv", "poll", "sockopt"},
    "reading": {"alloc", "close", "socket", "connect", "send", "recv", "poll",
                "sockopt"},
}
HAVE_THREADS = ("threads", "set")

# glibc 2.36: where glob(3) puts the directory in front of each name and gets
# no memory, it frees these names twice. Nothing was begun by then.
GLOB_FAULT = "free(): double free detected in tcache 2"

# docs/contract.md 7, but for 2 and 4: the options are right, and nobody stops
# these loads. 0: it did no harm
STATUSES = {0, 1, 3, 5}

COMMON = ("--timeout", "2000", "--max-outage", "1", "--retry-delay", "1",
          "--retries", "2", "--batch", "20", "--window", "1KiB",
          "--max-error-rate", "0.5")
LOADS = {
    "threads": ("--threads", "2", "--processes", "2", "--connections", "2"),
    "alone": ("--threads", "0", "--processes", "1", "--connections", "1",
              "--inflate", "zlib"),
    "set": ("--mode", "set", "--threads", "1", "--processes", "1",
            "--connections", "1"),
    "noreply": ("--mode", "noreply", "--threads", "0", "--processes", "1",
                "--connections", "1"),
}
SHARDS = ("one", "two")
BAD = [b"one\t\t1\t2\t3\n", b"\n", b"two\tx\tnorth\t2\t3\n", b"one\n",
       b"three\tx\t1\t2\t3\n"]


def text_of(seed):
    good = records.generate(60, seed, types=SHARDS, apps=(1, 9))
    lines = good.splitlines(True)
    for i, bad in enumerate(BAD):
        lines.insert(10 * i + 3, bad)
    return b"".join(lines)


class Slot:
    """Servers and a directory of their own, for one run at a time."""

    def __init__(self, directory):
        self.directory = directory
        os.mkdir(directory)
        os.chmod(directory, 0o777)
        self.servers = {
            "one": servers.Memcached(f"{directory}/one.socket", ["-t", "1"],
                                     16).start(),
            "two": servers.Memcached(None, ["-t", "1"], 16).start()}
        self.failing = failing.Failing(os.path.join(directory, "calls"))

    def clear(self):
        for server in self.servers.values():
            server.flush()

    def stop(self):
        for server in self.servers.values():
            server.stop()


Wish = collections.namedtuple("Wish", "kind at error who")


def spell(wish):
    """As fail_preload.c reads it."""
    name = wish.error
    plus = isinstance(name, str) and name.endswith("+")
    name = name.rstrip("+") if plus else name
    number = 0 if name in (SHORT, "SHORT") else getattr(errno, name)
    return f"{wish.kind}:{wish.at}{'+' if plus else ''}:{number}:{wish.who}"


class Torture(memc.LoadTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.slots = queue.Queue()
        for i in range(JOBS):
            slot = Slot(f"{cls.class_dir}/slot{i}")
            cls.addClassCleanup(slot.stop)
            cls.slots.put(slot)
        cls.texts = {f"{name}.tsv.gz": text_of(seed)
                     for name, seed in (("a", 1), ("b", 2))}
        cls.model = {name: records.read(text, types=SHARDS)
                     for name, text in cls.texts.items()}
        cls.stored = {name: {} for name in SHARDS}
        for model in cls.model.values():
            for kind, items in model.stored().items():
                cls.stored[kind].update(items)
        print(f"MEMC_TORTURE_SEED={SEED}", flush=True)

    # -- one run

    def run_load(self, slot, directory, args, env, name, wish=None):
        """A Result; memc.Running's, but in threads."""
        summary = directory.with_name(f"{directory.name}.{name}.json")
        options = ["--summary", summary, "--pattern", directory / "*.tsv.gz"]
        for shard, server in slot.servers.items():
            options += ["--shard", f"{shard}={server.address}"]
        running = memc.Running([*options, *COMMON, *args], slot.directory,
                               summary, env=env)
        try:
            try:
                result = running.finish(memc.patience(20))
            except AssertionError:
                result = running.result
                if not self.is_globs_fault(wish, result):
                    raise
            # workers of a dead supervisor end by themselves
            self.wait_gone(running.pid)
            return result
        finally:
            running.kill()

    def is_globs_fault(self, wish, result):
        return (wish is not None and (wish.kind, wish.who)
                == ("alloc", "supervisor") and result.code == -signal.SIGABRT
                and result.summary is None and result.out == ""
                and result.err.strip() == GLOB_FAULT)

    def wait_gone(self, group):
        """Nobody of its process group is left."""
        def is_gone():
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return True
            return False
        memc.wait_until(is_gone, "its processes are gone", memc.patience(10))

    def torture(self, load, wish):
        """(what is wrong or None, failures made, calls)"""
        slot = self.slots.get()
        try:
            return self.torture_in(slot, load, wish)
        finally:
            self.slots.put(slot)

    def torture_in(self, slot, load, wish):
        slot.clear()
        directory = memc.pathlib.Path(slot.directory, "in")
        directory.mkdir()
        for name, text in self.texts.items():
            (directory / name).write_bytes(records.member(text))
        env = slot.failing.env(spell(wish) if wish else "")
        result, wrong = None, None
        calls, made = {}, 0
        try:
            result = self.run_load(slot, directory, LOADS[load], env, "first",
                                   wish)
            calls, made = slot.failing.count()
            if wish and wish.kind == "unlink":
                for path in directory.parent.glob(".in.*"):
                    path.unlink()  # it could not be
            self.check_first(slot, directory, load, wish, result, made)
            self.check_again(slot, directory, load)
        except (AssertionError, ValueError, OSError) as error:
            wrong = (f"{load}: MEMC_TORTURE="
                     f"{spell(wish) if wish else 'none'}: "
                     f"{type(error).__name__}: {error}\n"
                     f"{result if result is not None else ''}")
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            for path in (*directory.parent.glob("in.*.json"),
                         *directory.parent.glob(".in.*")):
                path.unlink()
        return wrong, made, calls

    # -- what must hold

    def held(self, slot):
        """{shard: {key: value}}: all that the servers hold of it; nothing in
        them is wrong."""
        out = {}
        for name, want in self.stored.items():
            got = slot.servers[name].items(want)
            for key, value in got.items():
                assert value == want[key], f"{key} holds {value!r}"
            out[name] = got
        return out

    def n_held(self, held, name):
        return sum(1 for item in self.model[name].items
                   if item.key in held[item.type])

    def check_names(self, directory):
        """{name: was it renamed?}; no file has two names, none is lost, and
        nothing else lies about."""
        here = set(os.listdir(directory))
        out = {}
        for name in self.texts:
            out[name] = "." + name in here
            assert (name in here) != out[name], f"{name}: {sorted(here)}"
        more = {name for name in here if name.startswith(".")
                and name[1:] not in self.texts}
        assert not more, f"left behind: {more}"
        beside = {name for name in os.listdir(directory.parent)
                  if name.startswith(".")}
        assert not beside, f"left behind: {beside}"
        return out

    def check_rejects(self, directory, name):
        """Each bad line of a file that is done stands in its rejects."""
        path = directory / f"{name}.rejects.jsonl"
        rows = [json.loads(row) for row in path.read_text().splitlines()]
        got = [(row["line"], row["reason"]) for row in rows]
        want = [tuple(bad) for bad in self.model[name].bad]
        assert got == want, f"{path.name}: {got}, not {want}"
        assert not list(directory.glob(f"{name}.rejects.partial.*"))

    def check_first(self, slot, directory, load, wish, result, made):
        renamed = self.check_names(directory)
        held = self.held(slot)
        if self.is_globs_fault(wish, result):
            assert made, "glob failed without a failure"
            assert not any(renamed.values()) and not any(held.values()), held
            return
        assert result.code in STATUSES, f"exit {result.code}"
        for name, is_renamed in renamed.items():
            n, want = self.n_held(held, name), len(self.model[name].items)
            if is_renamed:
                assert n == want, f"{name} renamed, {n} of {want} held"
                self.check_rejects(directory, name)
        if result.code:
            assert made, "it failed without a failure"
            assert self.is_told(wish, result), "not told what failed"
        if result.summary is None:
            assert result.code in (3, 5), f"exit {result.code}, no summary"
            return
        self.assert_books(result)
        if not result.summary["files"]:
            assert result.code == 3, f"exit {result.code}, no files"
            return
        for name in self.texts:
            self.check_file(result, load, name, renamed[name], held)

    def is_told(self, wish, result):
        """Does a message say what failed?"""
        if wish.kind == "write" and wish.who == "supervisor":
            return True  # of its own messages
        name = wish.error.rstrip("+") if wish.error else "SHORT"
        words = ["out of memory", "Memory allocation failure",
                 os.strerror(errno.EAGAIN),  # a thread's, without memory
                 # libmemcached's words; its asserts name what failed
                 "MEMORY ALLOCATION FAILURE", "CONNECTION FAILURE",
                 "Assertion `"]
        if name != "SHORT":
            words.append(os.strerror(getattr(errno, name)))
        return any(word in result.err for word in words)

    def check_file(self, result, load, name, is_renamed, held):
        row = result.file(name)
        model = self.model[name]
        good = "sent" if load == "noreply" else "stored"
        is_done = row["status"] == "done"
        assert is_done == is_renamed, f"{row}, renamed: {is_renamed}"
        assert row[good] <= self.n_held(held, name), \
            f"{row}, held: {self.n_held(held, name)}"
        if is_done:
            want = {"lines": model.lines, "blank": model.blank, "failed": 0,
                    "rejected": len(model.bad), good: len(model.items)}
            got = {key: row[key] for key in want}
            assert got == want, f"{got}, not {want}"

    def check_again(self, slot, directory, load):
        """Without failures, what is left is loaded."""
        left = [name for name in self.texts if (directory / name).exists()]
        result = self.run_load(slot, directory, LOADS[load], {}, "again")
        assert result.code == (0 if left else 2), f"again:\n{result}"
        assert all(self.check_names(directory).values()), f"again:\n{result}"
        if left:
            self.assert_books(result)
            got = [os.path.basename(row["path"])
                   for row in result.summary["files"]]
            assert got == left, f"{got}, not {left}, again"
        for name in self.texts:
            self.check_rejects(directory, name)
        held = self.held(slot)
        for name, want in self.stored.items():
            assert held[name] == want, f"again: {memc.differences(want, held)}"
            keys = slot.servers[name].keys()
            assert keys == set(want), f"again: {sorted(keys - set(want))[:5]}"

    # -- sweeps

    def wishes(self, calls, rng):
        """One failure a run, kind by kind and N by N."""
        for (kind, who), n in sorted(calls.items()):
            for error in ERRORS[kind]:
                all_up_to, step = ALL_UP_TO, STEP
                if str(error).endswith("+") or error == SHORT:
                    # the first, and a few
                    all_up_to, step = 2, max(n // 4, 1)
                elif error == "EINTR":
                    all_up_to, step = 20, 3 * STEP
                start = all_up_to + 1 + rng.randrange(step)
                for at in itertools.chain(
                        range(1, min(n, all_up_to) + 1),
                        range(start, n + 1, step)):
                    yield Wish(kind, at, error, who)

    def share(self, wishes):
        """Every memc.SHAREth of them, but all of what few are wished of."""
        of = collections.Counter((wish.kind, wish.who) for wish in wishes)
        first = random.Random(SEED).randrange(memc.SHARE)
        return [wish for i, wish in enumerate(wishes)
                if i % memc.SHARE == first or of[wish.kind, wish.who] <= FEW]

    def check_calls(self, load, calls):
        """fail_preload.so is there, and sees what it should."""
        for who, kinds in CALLED.items():
            if who == "worker" and load in HAVE_THREADS:
                kinds = kinds | {"thread"}
            missing = {kind for kind in kinds if not calls.get((kind, who))}
            self.assertFalse(missing, f"never called by the {who}")

    def timed(self, load, wish):
        started = time.monotonic()
        return *self.torture(load, wish)[:2], time.monotonic() - started

    def sweep(self, load):
        started = time.monotonic()
        wrong, made, calls = self.torture(load, None)
        self.assertIsNone(wrong)
        self.assertEqual(made, 0)
        self.check_calls(load, calls)
        wishes = self.share(list(self.wishes(calls, random.Random(SEED))))
        if ONE:
            wishes = [wish for wish in wishes if spell(wish) == ONE]
        hits, spans = collections.Counter(), collections.Counter()
        failures = []
        with ThreadPoolExecutor(JOBS) as pool:
            runs = pool.map(lambda wish: self.timed(load, wish), wishes)
            for wish, (wrong, made, span) in zip(wishes, runs):
                hits[wish.kind, wish.who] += made > 0
                spans[spell(wish)] = span
                if wrong:
                    failures.append(wrong)
        told = ", ".join(f"{kind} {who} {n}"
                         for (kind, who), n in sorted(hits.items()))
        print(f"{load}: {len(wishes)} runs, {time.monotonic() - started:.0f} s"
              f": {told}; slowest " + ", ".join(
                  f"{name} {span:.1f} s" for name, span in
                  spans.most_common(5)), flush=True)
        if failures:
            self.fail(f"{len(failures)} of {len(wishes)}:\n\n"
                      + "\n\n".join(failures[:int(
                          os.environ.get("MEMC_TORTURE_TOLD", 5))]))
        # later calls than the first need not come every time
        missed = {(wish.kind, wish.who) for wish in wishes
                  if wish.at == 1 and not hits[wish.kind, wish.who]}
        self.assertFalse(missed, "none of their failures was made")

    def test_threads(self):
        self.sweep("threads")

    def test_alone(self):
        self.sweep("alone")

    def test_set(self):
        self.sweep("set")

    def test_noreply(self):
        self.sweep("noreply")


if __name__ == "__main__":
    memc.main()
