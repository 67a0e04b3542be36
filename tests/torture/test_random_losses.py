#!/usr/bin/python3
"""Losses at random moments: whatever a server loses, and however little of it
shows, in a load of three files with random options no loss is silent. A key of
a file that is done is there with its bytes, or the exit status and the file say
that it is not; and in the majority all is loaded again. tests/support's
loss_kinds.py makes the losses.

Before each of these loads the same one runs without a loss: none may be told,
and how long it takes is the time in which the moment is chosen.

A round is known by its kind and a number: MEMC_SEED=flush:123 runs that one
alone, MEMC_SEED=N the same rounds as a run that told this seed. There are 200
of each kind, or MEMC_ROUNDS; with MEMC_SHARE=K an eighth of a Kth of them.
MEMC_KINDS=flush,restart makes only these.
"""

import collections
import os
import queue
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import loss_kinds  # noqa: E402
import memc  # noqa: E402
from loss_rounds import LOSES, STAYS, Load, Plan, Slot  # noqa: E402

# most of a round is waiting
JOBS = 4 * (os.cpu_count() or 2)
ONE, _, NUMBER = os.environ.get("MEMC_SEED", "").rpartition(":")
SEED = int(NUMBER or random.randrange(10**6))
ROUNDS = int(os.environ.get("MEMC_ROUNDS") or
             (200 if memc.SHARE == 1 else max(200 // (8 * memc.SHARE), 2)))
KINDS = ([ONE] if ONE else os.environ.get("MEMC_KINDS", "").split(",")
         if os.environ.get("MEMC_KINDS") else list(loss_kinds.KINDS))
TRIES = 8  # of a round whose load had ended before the moment
# what the loss of records may come to
REASONS = ("lost", "outage", "shortfall")
# exit statuses: docs/contract.md 7
DONE, NOT_DONE, NOT_STARTED, NOT_VERIFIED = 0, 1, 3, 6


class RandomLosses(memc.LoadTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.slots = queue.Queue()
        for i in range(1 if ONE else JOBS):
            slot = Slot(f"{cls.class_dir}/slot{i}")
            cls.addClassCleanup(slot.stop)
            cls.slots.put(slot)
        print(f"MEMC_SEED={SEED}", flush=True)
        cls.begin()

    @classmethod
    def begin(cls):
        """All rounds, of all kinds in turn: some take longer than others."""
        pool = ThreadPoolExecutor(JOBS)
        cls.addClassCleanup(pool.shutdown, cancel_futures=True)
        cls.started = time.monotonic()
        cls.plans = {kind: [] for kind in KINDS}
        for i in range(1 if ONE else ROUNDS):
            for kind in KINDS:
                plan = Plan(kind, SEED if ONE else SEED * 1000 + i)
                cls.plans[kind].append(
                    (plan, pool.submit(cls("rounds").round, plan)))

    # -- what must hold

    def held(self, server, plan, shard):
        keys = {item.key for _, model in plan.files.values()
                for item in model.items if item.type == shard}
        return server.items(keys)

    def not_held(self, plan, name, held):
        """{shard: keys of this file that are not there, or with other bytes}"""
        want = plan.files[name][1].stored()
        return {shard: [key for key, value in items.items()
                        if held[shard].get(key) != value]
                for shard, items in want.items()}

    def check_counts(self, row, plan, name):
        """Of a file that is done."""
        model = plan.files[name][1]
        good = "sent" if plan.mode == "noreply" else "stored"
        want = {"lines": model.lines, "blank": 0, "failed": 0, "rejected": 0,
                good: len(model.items)}
        got = {key: row[key] for key in want}
        assert got == want, f"{got}, not {want}"

    def check_control(self, plan, result, load, kind):
        """None was lost, and none is told."""
        assert result.code == DONE, f"exit {result.code} without a loss"
        self.assert_books(result)
        assert not result.log("W") and not result.log("E"), "it complains"
        for row in result.summary["shards"]:
            told = [row[what] for what in ("restarted", "reloaded", "lost",
                                           "evictions", "failed")]
            assert told == [False, 0, 0, 0, 0], f"{row}"
        held = {LOSES: self.held(kind.server, plan, LOSES),
                STAYS: self.held(load.slot.stays, plan, STAYS)}
        for name in plan.files:
            row = result.file(name)
            assert row["status"] == "done", f"{row}"
            assert load.is_renamed(name) == plan.is_renamed, name
            self.check_counts(row, plan, name)
            for shard, keys in self.not_held(plan, name, held).items():
                assert not keys, f"{shard} lacks {len(keys)}: {keys[:3]}"
        more = (load.slot.stays.keys() | kind.server.keys()) - {
            *held[LOSES], *held[STAYS], loss_kinds.MARKER}
        assert not more, f"left behind: {more}"

    def check_loss(self, plan, result, load, kind):
        """What it came to, in a word."""
        is_asked = kind.asked_after()
        if result.code == NOT_STARTED:
            for name in plan.files:
                assert not load.is_renamed(name), f"{name} is renamed"
            assert not result.summary or not result.totals["files_done"]
            return "3"
        allowed = {DONE, NOT_DONE} if kind.is_loss else {DONE}
        if "--verify" in plan.options and kind.is_loss:
            allowed.add(NOT_VERIFIED)
        assert result.code in allowed, f"exit {result.code}"
        self.assert_books(result)
        held = {LOSES: self.held(kind.holder, plan, LOSES),
                STAYS: self.held(load.slot.stays, plan, STAYS)}
        is_late = False
        for name in plan.files:
            is_late |= self.check_file(plan, result, load, name, held,
                                       is_asked)
        if result.code == NOT_DONE:
            assert result.totals["files_failed"], "none of its files failed"
        if not kind.is_loss:
            row = result.shard(LOSES)
            assert not row["restarted"] and not row["reloaded"], f"{row}"
        if is_late:
            return "late"
        again = "+" if result.shard(LOSES)["reloaded"] else ""
        return f"{result.code}{again}"

    def check_file(self, plan, result, load, name, held, is_asked):
        """True: it has lost something that nobody asked for any more."""
        row = result.file(name)
        is_done = row["status"] == "done"
        assert load.is_renamed(name) == (is_done and plan.is_renamed), f"{row}"
        if not is_done:
            assert row["status"] == "failed" and row["reason"] in REASONS, \
                f"{row}"
            assert result.code == NOT_DONE, f"exit {result.code}: {row}"
            return False
        self.check_counts(row, plan, name)
        lost = self.not_held(plan, name, held)
        assert not lost.get(STAYS), \
            f"{name}: {STAYS} lacks {len(lost[STAYS])}: {lost[STAYS][:3]}"
        if not lost.get(LOSES):
            return False
        if result.code == NOT_VERIFIED:
            rows = {it["name"]: it for it in result.summary["verify"]["shards"]}
            assert (rows[LOSES]["missing"] + rows[LOSES]["unreadable"]), \
                f"{rows[LOSES]}"
            return False
        assert not is_asked, \
            f"SILENT: {name} is done, and {len(lost[LOSES])} of " \
            f"{len(plan.files[name][1].stored()[LOSES])} keys are not there"
        return True

    # -- rounds

    def control(self, slot, plan):
        """How long it takes."""
        kind = plan.kind(slot, random.Random(plan.name))
        result = load = None
        try:
            kind.begin(is_control=True)
            load = Load(slot, plan, kind)
            result, took = load.finish()
            self.check_control(plan, result, load, kind)
            return took
        except AssertionError as error:
            raise AssertionError(f"undisturbed: {error}\n{result or ''}") \
                from None
        finally:
            if load is not None:
                load.end()
            kind.end()

    def await_moment(self, load, plan, kind, at_s):
        """False: it was over before."""
        watch, base = kind.watch, kind.before
        if plan.when == "any":
            return not load.has_ended(load.started + at_s)
        name, more = (("total_connections", 1) if plan.when == "first" else
                      ("cmd_set", plan.count(LOSES)))
        while int(watch.counters()[name]) < int(base[name]) + more:
            if load.has_ended():
                return False
        later = plan.rng.uniform(0, 0.004) if plan.when == "last" else 0
        return not load.has_ended(time.monotonic() + later)

    def disturbed(self, slot, plan, took_s, number):
        """(what it came to, seconds); None: it was over too soon."""
        rng = random.Random(f"{plan.name} {number}")
        kind = plan.kind(slot, rng)
        at_s = rng.random() * took_s
        result = load = None
        try:
            kind.begin()
            kind.before = kind.watch.counters()
            said_s = at_s - kind.lead_s()
            if said_s < 0:
                kind.strike()
                memc.hold_for(-said_s)
            load = Load(slot, plan, kind)
            if said_s >= 0:
                if not self.await_moment(load, plan, kind, said_s):
                    return None, load.finish()[1]
                kind.strike()
            result, took_s = load.finish()
            if not kind.is_over():
                return None, took_s
            return self.check_loss(plan, result, load, kind), took_s
        except AssertionError as error:
            raise AssertionError(
                f"at {at_s:.3f} of {took_s:.3f} s: {error}\n{result or ''}") \
                from None
        finally:
            if load is not None:
                load.end()
            kind.end()

    def round(self, plan):
        """(what it came to, tries that were too late, what is wrong)"""
        slot = self.slots.get()
        number = 0
        try:
            took_s = self.control(slot, plan)
            for number in range(TRIES):
                came_to, now_s = self.disturbed(slot, plan, took_s, number)
                if came_to is not None:
                    return came_to, number, None
                took_s = min(took_s, now_s)
            return "never", number, None
        except (AssertionError, OSError, ValueError, KeyError) as error:
            return "wrong", number, f"{plan}\n{type(error).__name__}: {error}"
        finally:
            self.slots.put(slot)

    def rounds(self, kind=None):
        if kind not in KINDS:
            self.skipTest("not among those to be made")
        plans = [plan for plan, _ in self.plans[kind]]
        results = [future.result() for _, future in self.plans[kind]]
        n = collections.Counter(came_to for came_to, _, _ in results)
        wrong = [told for _, _, told in results if told]
        # where it was to be loaded again
        meant = [came_to for plan, (came_to, _, _) in zip(plans, results)
                 if plan.is_reloaded]
        late = sum(tries for _, tries, _ in results)
        print(f"{kind}: {len(plans)} rounds and as many undisturbed; exit 0 "
              f"{n['0'] + n['0+']}, of these {n['0+']} loaded again; 1 "
              f"{n['1'] + n['1+']}; 3 {n['3']}; 6 {n['6'] + n['6+']}; lost "
              f"after the last question {n['late']}; never in time "
              f"{n['never']}; wrong {len(wrong)}; tries that ended before the "
              f"moment {late}; after {time.monotonic() - self.started:.0f} s",
              flush=True)
        if wrong:
            self.fail(f"{len(wrong)} of {len(plans)}:\n\n" + "\n\n".join(
                wrong[:int(os.environ.get("MEMC_TORTURE_TOLD", 3))]))
        if len(plans) >= 20:  # fewer may all be odd ones
            self.assertGreater(2 * (meant.count("0") + meant.count("0+")),
                               len(meant), "most can be loaded again")
            self.assertLessEqual(n["late"] + n["never"], 3 + len(plans) // 8)

    def test_restart(self):
        self.rounds("restart")

    def test_flush(self):
        self.rounds("flush")

    def test_delayed_flush(self):
        self.rounds("delayed_flush")

    def test_failover(self):
        self.rounds("failover")

    def test_flush_and_reset(self):
        self.rounds("flush_and_reset")

    def test_reset(self):
        self.rounds("reset")

    def test_older_restart(self):
        self.rounds("older_restart")


if __name__ == "__main__":
    memc.main()
