"""A round of tests/torture/test_random_losses.py: what is loaded and how, by a
number; the servers and the directory that it has for itself; the load itself.
"""

import functools
import os
import pathlib
import random
import select
import shutil
import time

import loss_kinds
import memc
import records
import servers
import service

NAMES = ("a", "b", "c")
LOSES, STAYS = "loses", "stays"  # shards
TYPES = (LOSES, STAYS)


@functools.lru_cache(128)
def made(n, at, types, keys):
    """(text, what is to come of it) of the at-th file; no two share a key."""
    text = records.generate(n, 0x100 + at, keys, types, (1, 20))
    return text, records.read(text, types=TYPES)


class Plan:
    """What a round loads, and how: all by its kind and number."""

    def __init__(self, kind, number):
        self.name = f"{kind}:{number}"
        self.kind = loss_kinds.KINDS[kind]
        self.rng = rng = random.Random(self.name)
        n = memc.scale(rng.choice((200, 600, 1500)), 50)
        keys = rng.choice((None, n // 2))
        types = rng.choice(((TYPES,) * 3, (TYPES,) * 3, ((LOSES,), (STAYS,),
                            (STAYS,)), ((STAYS,), TYPES, (LOSES,))))
        ending = rng.choice((".tsv.gz", ".tsv"))
        self.files = {name + ending: made(n, at, types[at], keys)
                      for at, name in enumerate(NAMES)}
        self.is_renamed = rng.random() < 0.9
        self.is_reloaded = rng.random() < 0.9
        self.mode = rng.choice(memc.MODES)
        self.options = list(map(str, self.make_options(rng)))
        self.when = rng.choices(("any", "first", "last"), (8, 1, 1))[0]
        self.span_s = rng.choice((None, rng.uniform(0.1, 0.7)))
        if self.kind is loss_kinds.DelayedFlush:
            self.when, self.span_s = "any", rng.uniform(1, 3)

    def make_options(self, rng):
        yield from ("--mode", self.mode, "--processes", rng.randint(1, 3),
                    "--threads", rng.randint(0, 2),
                    "--connections", rng.randint(1, 2),
                    "--batch", rng.choice((20, 100, 500, 20_000)),
                    "--window", rng.choice(("1KiB", "16KiB", "256KiB")),
                    "--inflate", rng.choice(("isal", "zlib")),
                    "--max-outage", "20")
        if not self.is_reloaded:
            yield from ("--on-restart", "fail")
        if not self.is_renamed:
            yield "--no-rename"
        if rng.random() < 0.1:
            yield from ("--ttl", 3600)
        if rng.random() < 0.15:
            yield from ("--verify", rng.choice((20, "all")))

    def count(self, shard):
        return sum(model.count(shard) for _, model in self.files.values())

    def bytes_per_s(self):
        """For the shard that stays: so slow that the load takes its time."""
        n_bytes = sum(len(item.key) + len(item.value) + 25
                      for _, model in self.files.values()
                      for item in model.items if item.type == STAYS)
        return n_bytes / self.span_s if self.span_s else None

    def __str__(self):
        return (f"MEMC_SEED={self.name}: {' '.join(self.options)}; moment: "
                f"{self.when}, span: {self.span_s}")


class Slot:
    """Servers and a directory of their own, for one round at a time."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.directory.chmod(0o777)
        self.stays = servers.Memcached(f"{directory}/stays", ["-t", "1"],
                                       64).start()
        self.slow = service.Service(self.stays.address).start()
        self.service = service.Service("unix:/nowhere").start()
        self.plain = [servers.Memcached(path, [], 64)
                      for path in (None, f"{directory}/loses")]
        self.contained = {name: service.Contained(f"{directory}/{name}", [], 64)
                          for name in ("one", "other")}

    def new_server(self, rng):
        """One that holds nothing."""
        it = rng.choice(self.plain)
        if it.process is not None and rng.random() < 0.5:
            it.flush()
        else:
            it.stop()
            it.start()
        return it

    def new_contained(self, name):
        self.contained[name].stop()
        return self.contained[name].start()

    def stop(self):
        self.slow.stop()
        self.service.stop()
        for it in (self.stays, *self.plain, *self.contained.values()):
            it.stop()


class Load:
    """One of a round: started, looked at while it runs, ended."""

    def __init__(self, slot, plan, kind):
        self.slot, self.plan = slot, plan
        self.directory = slot.directory / "in"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        for name, (text, _) in plan.files.items():
            (self.directory / name).write_bytes(
                records.member(text) if name.endswith(".gz") else text)
        slot.stays.flush()
        slot.slow.pace(plan.bytes_per_s())
        self.started = time.monotonic()
        self.running = memc.Running(
            ["--shard", f"{LOSES}={kind.address}",
             "--shard", f"{STAYS}={slot.slow.address}",
             "--summary", self.directory / "summary.json", *plan.options,
             *(self.directory / name for name in plan.files)],
            self.directory, self.directory / "summary.json")
        self.pidfd = os.pidfd_open(self.running.pid)
        self.is_over = select.poll()
        self.is_over.register(self.pidfd, select.POLLIN)

    def has_ended(self, until=0):
        """Is it over by then, by time.monotonic()?"""
        wait_s = max(until - time.monotonic(), 0)
        return bool(self.is_over.poll(wait_s * 1000))

    def finish(self):
        """(its Result, seconds)"""
        try:
            self.has_ended(self.started + memc.patience(60))
            took = time.monotonic() - self.started
            return self.running.finish(1), took
        finally:
            self.end()

    def end(self):
        if self.pidfd is not None:
            self.running.kill()
            os.close(self.pidfd)
            self.pidfd = None
            self.slot.slow.pace(None)

    def is_renamed(self, name):
        names = (name in os.listdir(self.directory),
                 f".{name}" in os.listdir(self.directory))
        assert sorted(names) == [False, True], f"{name}: {names}"
        return names[1]
