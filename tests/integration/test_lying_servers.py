#!/usr/bin/python3
"""Servers whose own books are wrong, in every mode: they count less than they
acknowledged, lose their counters, say they were restarted, or will not say."""

import functools
import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from fake_test import FakeTest  # noqa: E402
from records import generate  # noqa: E402


class LyingTest(FakeTest):
    TEXT = generate(150, 5, keys=40, types=("idfa",), apps=(1, 5))

    def liar(self, **after):
        """A fake that says so of itself once something was stored; a value
        may be a function of the true one."""
        def tell(rows):
            for name, lie in after.items() if it.sets else ():
                if name in rows:
                    rows[name] = lie(rows[name]) if callable(lie) else lie
            return rows

        it = self.fake(tell_stats=tell)
        return it

    def in_each_mode(self, make, see, *args, code=0):
        """make(): a fake; see(mode, it, path, result) judges its load."""
        def case(mode):
            it = make()
            path = self.write(f"{self.n_runs}.tsv.gz", self.TEXT)
            running = self.start("--mode", mode, *args, files=[path],
                                 servers={"idfa": it})
            return lambda: see(mode, it, path, self.check(running, code))

        self.side_by_side((mode, functools.partial(case, mode))
                          for mode in memc.MODES)

    def assert_acknowledged(self, it, mode, result):
        """All of it, whatever the books say then; and it is there."""
        expected = records.read(self.TEXT)
        self.assert_counts(result, expected, mode)
        self.assertEqual(it.items, expected.stored()["idfa"], result)

    def assert_failed(self, path, result, reason="lost"):
        self.assertEqual(result.totals["failed"], 150, result)
        self.assertEqual(result.shard("idfa")["lost"], 150, result)
        self.assert_file(result, path.name, "failed", reason)
        self.assert_kept(path, result)


class Counters(LyingTest):
    def test_fewer_than_it_acknowledged(self):
        def see(mode, it, path, result):
            self.assert_acknowledged(it, mode, result)
            self.assert_file(result, path.name, "failed", "shortfall")
            self.assertRegex(result.err, r"E shard idfa .*: it counts 3 sets "
                             r"fewer than it acknowledged")
            self.assert_kept(path, result)

        self.in_each_mode(lambda: self.liar(cmd_set=lambda n: n - 3), see,
                          code=1)

    def test_none_of_what_it_acknowledged(self):
        def see(mode, it, path, result):
            self.assert_acknowledged(it, mode, result)
            self.assert_file(result, path.name, "failed", "shortfall")
            self.assertRegex(result.err, r"it counts 150 sets fewer")
            self.assert_kept(path, result)

        # one was counted before: that of the canary
        self.in_each_mode(lambda: self.liar(cmd_set=1), see, code=1)

    def test_more_than_it_acknowledged(self):
        def see(mode, it, path, result):
            self.assert_stored(it, self.TEXT, path, mode, result)
            self.assertRegex(result.err, r"it counts 7 sets that we did not")

        self.in_each_mode(lambda: self.liar(cmd_set=lambda n: n + 7), see)

    def test_two_shards_on_one_server(self):
        """It is held against the sum of them: 3 fewer show, although it
        counts more than either shard has; their own sets are no others'."""
        text = generate(150, 6, keys=40, types=("idfa", "gaid"), apps=(1, 5))
        for lie, code in ((-3, 1), (0, 0), (7, 0)):
            it = self.liar(cmd_set=lambda n, lie=lie: n + lie)
            path = self.write("two.tsv.gz", text)
            result = self.check(self.start(files=[path], servers={
                "idfa": it, "gaid": it}), code)
            expected = records.read(text)
            self.assert_counts(result, expected)
            stored = expected.stored()
            self.assertEqual(it.items, {**stored["idfa"], **stored["gaid"]})
            if code:
                self.assert_kept(path, result)
                self.assert_file(result, path.name, "failed", "shortfall")
                self.assertRegex(result.err, "it counts 3 sets fewer")
            else:
                self.assert_renamed(path, result)
            self.assertEqual("sets that we did not" in result.err, lie > 0)
            self.assertEqual(result.err.count("it counts 7 sets"), lie == 7)

    def losing(self, *names):
        """Counted 1,000 sets before the load."""
        def tell(rows):
            if "cmd_set" in rows:
                rows["cmd_set"] += 1000
            return {name: 0 if it.sets and name in names else n
                    for name, n in rows.items()}

        it = self.fake(tell_stats=tell)
        return it

    def test_lost(self):
        """Told, not judged: there is nothing to compare."""
        def see(mode, it, path, result):
            self.assert_stored(it, self.TEXT, path, mode, result)
            self.assertRegex(result.err, r"W shard idfa .*: its counters were "
                             r"reset")

        self.in_each_mode(lambda: self.losing("cmd_set", "evictions"), see)

    def test_none_at_all(self):
        def tell(rows):
            rows.pop("cmd_set", None)
            return rows

        def see(mode, it, path, result):
            self.assert_stored(it, self.TEXT, path, mode, result)

        self.in_each_mode(lambda: self.fake(tell_stats=tell), see)

    def test_evictions(self):
        """As many as --max-evictions are none too many."""
        for most, code in ((4, 1), (5, 0)):
            def see(mode, it, path, result):
                self.assert_acknowledged(it, mode, result)
                self.assertEqual(result.shard("idfa")["evictions"], 5)
                if code:
                    self.assert_file(result, path.name, "failed", "evictions")
                    self.assert_kept(path, result)
                else:
                    self.assert_stored(it, self.TEXT, path, mode, result)

            self.in_each_mode(lambda: self.liar(evictions=5), see,
                              "--max-evictions", str(most), code=code)


    def test_evictions_that_it_counts_otherwise(self):
        """By each counter alone, and by all of them at once."""
        others = ("slab_reassign_evictions_nomem", "slab_reassign_busy_deletes",
                  "extstore_objects_evicted", "badcrc_from_extstore")
        for names in [(name,) for name in others] + [("evictions",) + others]:
            def see(mode, it, path, result):
                self.assert_acknowledged(it, mode, result)
                self.assertEqual(result.shard("idfa")["evictions"],
                                 2 * len(names), result)
                self.assert_file(result, path.name, "failed", "evictions")
                self.assert_kept(path, result)
                for name in others:
                    self.assertEqual(name in names, f"2 {name}" in result.err,
                                     result)

            self.in_each_mode(lambda: self.liar(**dict.fromkeys(names, 2)),
                              see, "--max-evictions", "0", code=1)


class Lives(LyingTest):
    def see_given_up(self, mode, it, path, result):
        self.assertIn("given up", result.err)
        self.assert_failed(path, result)

    def test_another_process_whenever_it_is_asked(self):
        """Loaded again twice, then given up: it comes to an end."""
        pids = iter(range(10**6, 10**7))
        self.in_each_mode(lambda: self.liar(pid=lambda pid: next(pids)),
                          self.see_given_up, code=1)

    def test_flushed_whenever_it_is_asked(self):
        flushes = iter(range(1, 10**6))
        self.in_each_mode(lambda: self.liar(cmd_flush=lambda n: next(flushes)),
                          self.see_given_up, code=1)

    def test_younger_whenever_it_is_asked(self):
        starts = iter(range(100, 10**6, 100))
        self.in_each_mode(lambda: self.liar(time=lambda n: n + next(starts)),
                          self.see_given_up, code=1)

    def test_another_process_once(self):
        """It is believed: all is loaded again."""
        def see(mode, it, path, result):
            self.assert_stored(it, self.TEXT, path, mode, result)
            self.assertEqual(result.shard("idfa")["reloaded"], 150, result)

        self.in_each_mode(lambda: self.liar(pid=1), see)


class Mute(LyingTest):
    def test_never_asked_again(self):
        """It answered the first probe, and no other one."""
        def make(act):
            def script(request):
                if request.is_probe and it.sets:
                    return act

            it = self.fake(script)
            return it

        def see(mode, it, path, result):
            self.assertRegex(result.err, r"E shard idfa .*: it does not answer "
                             r"any more: what it stored may be gone")
            self.assert_failed(path, result)

        for act in (fake.silence(), fake.hang(), fake.close(True),
                    fake.answer(b"ERROR Too many open connections\r\n")):
            self.in_each_mode(functools.partial(make, act), see, *memc.HASTY,
                              "--max-outage", "1", code=1)


class Sizes(LyingTest):
    def sized(self, told):
        def tell(rows):
            if "item_size_max" in rows:
                rows["item_size_max"] = told
            return rows

        return self.fake(tell_stats=tell)

    def test_senseless_ones(self):
        """What cannot be is no limit, or the usual one."""
        for told in (0, "", "many", 10**30, -1):
            def see(mode, it, path, result):
                self.assert_stored(it, self.TEXT, path, mode, result)

            with self.subTest(told):
                self.in_each_mode(lambda: self.sized(told), see)

    def test_too_small_for_anything(self):
        """Nothing is sent, where it would be refused."""
        def see(mode, it, path, result):
            self.assertEqual(result.rejects, {"too_large": 150}, result)
            self.assertEqual(it.sets, [])
            self.assert_kept(path, result)

        self.in_each_mode(lambda: self.sized(1), see, code=1)


class Measure(LyingTest):
    """Numbers that no server has, told by all three of a pool."""

    TEXT = generate(150, 8, types=("idfa",), apps=(1, 5))
    ROWS = ("pid", "time", "uptime", "cmd_flush", "cmd_set",
            "store_no_memory", "store_too_large", "evictions",
            "total_connections", "curr_connections", "maxconns",
            "item_size_max", "limit_maxbytes", "bytes", "curr_items",
            "reserved_fds", "chunk_size", "slab_chunk_max", "1:chunk_size",
            "1:used_chunks")
    MOST = 1 << 52

    def liars(self, lies):
        """They grow older by a minute when something was stored, so that
        half a start time looks like another start."""
        def make():
            def tell(rows):
                for name in ("time", "uptime") if it.sets else ():
                    if name in rows:
                        rows[name] += 60
                return {**rows, **lies(it)}

            it = self.fake(tell_stats=tell)
            return it

        return [make() for _ in range(3)]

    def begin_pool(self, mode, lies, *args):
        """Starts a load; what is returned ends it: path, Result."""
        pool = self.liars(lies)
        path = self.write(f"{self.n_runs}.tsv.gz", self.TEXT)
        running = self.start("--mode", mode, *args, files=[path], servers={
            "idfa": ",".join(it.address for it in pool)})

        def end(code=0):
            result = self.check(running, code)
            expected = records.read(self.TEXT)
            self.assert_counts(result, expected, mode)
            held = {}
            for it in pool:
                self.assertGreater(len(it.items), 0)
                held.update(it.items)
            self.assertEqual(held, expected.stored()["idfa"], result)
            return path, result

        return end

    def begin_beyond(self, mode, told, names):
        """Starts a load that takes no notice of these rows."""
        end = self.begin_pool(mode, lambda it: dict.fromkeys(names, told))

        def see():
            path, result = end()
            self.assert_renamed(path, result)
            row = result.shard("idfa")
            self.assertIs(row["restarted"], False, result)
            self.assertEqual((row["reloaded"], row["lost"], row["evictions"]),
                             (0, 0, 0), result)
            self.assertEqual(result.log("W"), [], result)

        return see

    def test_beyond_it_in_each_row(self):
        self.side_by_side(
            (name, functools.partial(self.begin_beyond, "multi", 10**30,
                                     [name])) for name in self.ROWS)

    def test_beyond_it_in_all_rows(self):
        self.side_by_side(
            (f"{mode}, {told}", functools.partial(self.begin_beyond, mode,
                                                  told, self.ROWS))
            for mode in memc.MODES
            for told in (self.MOST + 1, 2**63, 2**64 + 1, 10**30))

    def test_sums_of_the_most(self):
        """What is just believed can be added up, and compared."""
        for most, code in ((3 * self.MOST, 0), (3 * self.MOST - 1, 1)):
            end = self.begin_pool(
                "multi", lambda it: {"evictions": self.MOST} if it.sets
                else {}, "--max-evictions", str(most))
            path, result = end(code)
            self.assertEqual(result.shard("idfa")["evictions"], 3 * self.MOST)
            if code:
                self.assert_file(result, path.name, "failed", "evictions")
                self.assert_kept(path, result)
            else:
                self.assert_renamed(path, result)


if __name__ == "__main__":
    memc.main()
