"""One of those that tests/torture/test_soak.py runs side by side: servers and a
directory of its own, and turns, in each of which inputs are made, loaded,
loaded again if need be, verified and read.
"""

import json
import os
import pathlib
import re
import select
import shutil
import signal
import time

import leftovers
import memc
import records
import servers
import service

SHARDS = ("one", "two")
SMALL = ("--batch", "50", "--window", "1KiB", "--connections", "1",
         "--timeout", "20000")
# a key of ours that nobody removed any more is gone after so many seconds
CANARY_LIVES_MOST_S = 24 * 3600
GONE_S = memc.patience(20)
# what may disturb a run, and how often of so many
WAYS = {"nothing": 8, "TERM": 2, "INT": 2, "HUP": 1, "TERM twice": 2,
        "KILL": 3, "KILL all": 2, "TERM all": 1, "KILL a child": 4,
        "KILL children": 1, "TERM, KILL a child": 1}
# the supervisor had no time to clean up; or was asked to take none
ENDS_AT_ONCE = ("KILL", "KILL all", "TERM twice")
MAPPING = """\
input: {format: csv, header: true}
record: {format: raw, column: text}
key: "{shard}:{id}"
route: {column: shard}
"""
# of a summary that was being written when its process was killed
HALF_SUMMARY = re.compile(r"\.summary\.json\.\w{6}")


class Lane:
    def __init__(self, directory, assert_books):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.directory.chmod(0o777)
        self.scratch = self.directory / "tmp"  # its TMPDIR
        self.inputs = self.directory / "in"
        self.assert_books = assert_books
        self.servers = {
            "one": servers.Memcached(f"{directory}/one", ["-t", "1"],
                                     64).start(),
            "two": servers.Memcached(None, ["-t", "1"], 64).start()}
        self.slow = service.Service(self.servers["two"].address).start()
        self.connections = {name: server.counter("curr_connections")
                            for name, server in self.servers.items()}
        self.took_s = {}  # by the undisturbed of each command, lately
        self.mapping = self.directory / "map.yml"
        self.mapping.write_text(MAPPING, "utf-8")

    def stop(self):
        self.slow.stop()
        for server in self.servers.values():
            server.stop()

    # -- a turn

    def turn(self, rng, done):
        """done: counts what was run, and how it was disturbed."""
        self.begin(rng)
        if rng.random() < 0.2:
            self.run(rng, done, "doctor", (0, 1))
        self.run(rng, done, "load", (self.status(),))
        for _ in range(5):
            if not self.left():
                break
            way = "nothing" if rng.random() < 0.7 else None
            self.run(rng, done, "load", (self.status(),), way)
        else:
            self.run(rng, done, "load", (self.status(),), "nothing")
        assert self.left() == self.broken, f"{self.left()} are left"
        self.check_held()
        if rng.random() < 0.4:
            self.run(rng, done, "verify", (1 if self.broken else 0,))
        if rng.random() < 0.4:
            self.run(rng, done, "get", (0,))

    def begin(self, rng):
        for path in (self.inputs, self.scratch):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()
        for server in self.servers.values():
            server.flush()
        self.is_csv = rng.random() < 0.3
        self.files, self.held, self.broken = {}, {}, []
        for i in range(rng.randint(1, 4)):
            self.make(rng, i)
        n_bytes = sum(map(len, self.held.values()))
        self.slow.pace(n_bytes / rng.uniform(0.05, 0.5)
                       if rng.random() < 0.5 else None)
        addresses = {"one": self.servers["one"].address,
                     "two": self.slow.address}
        self.options = ["--mode", rng.choice(memc.MODES),
                        "--processes", str(rng.randint(1, 3)),
                        "--threads", str(rng.randint(0, 2)), *SMALL]
        self.shards = [word for name, address in addresses.items()
                       for word in ("--shard", f"{name}={address}")]
        if self.is_csv:
            self.shards += ["--mapping", self.mapping]
        elif rng.random() < 0.3:  # protoc reads its schema
            self.shards += ["--mapping",
                            memc.ROOT / "proto" / "appsinstalled.yml"]
        if rng.random() < 0.3:
            self.options += ["--verify", rng.choice(("20", "all"))]

    def make(self, rng, i):
        """A file, what it is to come to, and whether it can be done."""
        n = memc.scale(rng.choice((30, 300, 1500)), 30)
        ending = ".csv" if self.is_csv else ".tsv"
        is_packed = rng.random() < 0.5
        name = f"{'abcd'[i]}{ending}{'.gz' if is_packed else ''}"
        text, items = (csv_of if self.is_csv else tsv_of)(rng, n, i)
        data = records.member(text) if is_packed else text
        if is_packed and rng.random() < 0.1:
            data = data[:-9]
            self.broken.append(name)
        else:
            self.held.update(items)
        (self.inputs / name).write_bytes(data)
        self.files[name] = data

    def left(self):
        return [name for name in self.files if (self.inputs / name).exists()]

    def status(self):
        """What a load ends with that nobody disturbs."""
        return 1 if self.broken else 0

    # -- a run

    def words(self, rng, command):
        if command == "get":
            return ["get", *self.shards, *rng.sample(
                sorted(key.decode() for key in self.held),
                min(len(self.held), 20))]
        options = [] if command == "verify" else self.options
        files = [self.inputs / name for name in
                 (self.files if command == "verify" else self.left())]
        return [command, *self.shards, *options,
                "--summary", self.inputs / "summary.json", *files]

    def run(self, rng, done, command, statuses, way=None):
        """statuses: those that it may end with when nobody disturbs it."""
        if way is None:
            way = rng.choices(list(WAYS), list(WAYS.values()))[0]
        words = self.words(rng, command)
        if command == "get" and not self.held:
            return
        if command in ("load", "doctor") and not self.left():
            return
        before = self.names()
        started = time.monotonic()
        running = memc.Running(words, self.directory,
                               self.inputs / "summary.json",
                               env={"TMPDIR": str(self.scratch)})
        pidfd = os.pidfd_open(running.pid)
        took = self.took_s.get(command, 0.2)
        try:
            self.disturb(rng, running, way, started + rng.random() * took)
            code = self.wait(running, pidfd)
            if way == "nothing":
                took = time.monotonic() - started
                self.took_s[command] = (self.took_s.get(command, took)
                                        + took) / 2
            left = leftovers.in_session(running.pid)
            self.wait_gone(running)
            said = running.said()
        finally:
            running.kill()
            os.close(pidfd)
        done[f"{command} {way}"] += 1
        # one that a signal ended had no time to wait for its own
        is_cut = way in ENDS_AT_ONCE or code < 0
        try:
            assert is_cut or not left, f"processes left: {left}"
            assert code in self.allowed(way, statuses, said), f"exit {code}"
            self.check(command, way, before)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{way}: {command}: exit {code}: "
                                 f"{' '.join(map(str, words))}\n{said[-3000:]}"
                                 ) from None

    def disturb(self, rng, running, way, at):
        if way == "nothing":
            return
        memc.hold_for(max(at - time.monotonic(), 0))
        for word in way.split(", "):
            name, _, whom = word.partition(" ")
            self.send(rng, running, getattr(signal, f"SIG{name}"), whom)

    def send(self, rng, running, number, whom):
        try:
            if whom == "all":
                os.killpg(running.pid, number)
            elif whom in ("a child", "children"):
                pids = memc.children(running.pid)
                rng.shuffle(pids)
                for pid in pids[:1] if whom == "a child" else pids:
                    os.kill(pid, number)
            else:
                running.signal(number)
                if whom == "twice" and running.is_running():
                    running.signal_again(number)
        except ProcessLookupError:
            pass  # it is over

    def wait(self, running, pidfd):
        is_over = select.poll()
        is_over.register(pidfd, select.POLLIN)
        assert is_over.poll(1000 * memc.patience(60)), \
            f"it does not end:\n{running.said()[-3000:]}"
        return running.process.wait()

    def allowed(self, way, statuses, said):
        """Exit statuses: docs/contract.md 7."""
        found = set(statuses)
        words = way.split()
        if "TERM" in way or words[0] in ("INT", "HUP"):
            found.add(4)
            # it was hardly there
            found.add(-getattr(signal, f"SIG{words[0].rstrip(',')}"))
        if way in ("KILL", "KILL all"):
            found.add(-signal.SIGKILL)
        if "child" in way:
            found |= {1, 3, 6}
            if "protoc was killed" in said:
                found.add(2)
        return found

    # -- what must hold when it is over

    def wait_gone(self, running):
        """Children of one that had no time to wait for them end soon after."""
        def is_gone():
            leftovers.reap(running.pid)
            return not leftovers.in_session(running.pid)
        memc.wait_until(is_gone, "its processes are gone", GONE_S)
        left = leftovers.marked(f"TMPDIR={self.scratch}".encode() + b"\0")
        assert not left, f"in other sessions: {left}"

    def names(self):
        return set(os.listdir(self.inputs))

    def check(self, command, way, before):
        self.check_files(command, way, before)
        locks = leftovers.locks_in(self.inputs)
        assert not locks, f"locks left: {locks}"
        scratch = os.listdir(self.scratch)
        assert not scratch, f"in TMPDIR: {scratch}"
        for name, server in self.servers.items():
            memc.wait_until(
                lambda: server.counter("curr_connections")
                <= self.connections[name], f"{name} has no connection more",
                GONE_S)
            self.check_canaries(name, server, way)

    def check_canaries(self, name, server, way):
        for key, lives_s in leftovers.canaries(server).items():
            assert way in ENDS_AT_ONCE, f"{name} still has {key}"
            assert 0 <= lives_s <= CANARY_LIVES_MOST_S, f"{key}: {lives_s} s"
            servers.ask(server.address, b"delete %s\r\n" % key, (b"\r\n",))

    def check_files(self, command, way, before):
        """Each input is there, whole, under one name; what else there is was
        there before or is what the summary tells of."""
        names = self.names()
        may_be = {"summary.json"}
        for name, data in self.files.items():
            here = {name, f".{name}"} & names
            assert len(here) == 1, f"{name}: {sorted(names)}"
            assert (self.inputs / here.pop()).read_bytes() == data, name
            may_be |= {name, f".{name}"}
        for name in names - may_be:
            if way in ENDS_AT_ONCE and HALF_SUMMARY.fullmatch(name):
                (self.inputs / name).unlink()  # nobody else will
            else:
                assert self.may_be_there(name, way, before), \
                    f"left: {name}; before: {sorted(before)}"
        if "summary.json" in names - before or way == "nothing":
            self.check_summary(command)

    def may_be_there(self, name, way, before):
        if ".rejects." not in name:
            return False
        if name.startswith("."):
            # a load that was killed left it; the next one removes it
            return way in ENDS_AT_ONCE or name in before and way != "nothing"
        return True

    def check_summary(self, command):
        path = self.inputs / "summary.json"
        if command == "get":
            return
        summary = json.loads(path.read_text("utf-8"))
        if command in ("load", "verify"):
            result = memc.Result([], summary["exit_code"], "", "", summary)
            self.assert_books(result)
            for row in summary["files"]:
                for what in ("rejects_jsonl", "rejects_tsv", "rejects_csv"):
                    assert not row[what] or os.path.exists(row[what]), row
        path.unlink()

    def check_held(self):
        got = {}
        for name, server in self.servers.items():
            got.update(server.items(key for key in self.held if
                                    key.startswith(name.encode())))
        assert got == self.held, memc.differences(self.held, got)


def tsv_of(rng, n, i):
    """(text, {key: value}), one line in a hundred bad where there are many"""
    text = records.generate(n, 0x100 + i, rng.choice((None, n // 2)), SHARDS,
                            (1, 9))
    if n >= 300 and rng.random() < 0.5:
        text = b"one\tx\tnorth\t2\t3\n\n" + text
    model = records.read(text, types=SHARDS)
    return text, {item.key: item.value for item in model.items}


def csv_of(rng, n, i):
    rows, items = ["shard,id,text"], {}
    for line in range(n):
        shard, key = rng.choice(SHARDS), f"{i}-{line}"
        text = f"{rng.random()}, and more"
        rows.append(f'{shard},{key},"{text}"')
        items[f"{shard}:{key}".encode()] = text.encode()
    return ("\r\n".join(rows) + "\r\n").encode(), items
