#!/usr/bin/python3
"""Servers that answer too much, too little, nonsense or nothing, once or for
ever, in every mode. What is cut in mid-reply is test_cut_replies.py's."""

import functools
import os
import signal
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
from fake_test import FakeTest  # noqa: E402
from records import generate, read  # noqa: E402

SETS = ("ms", "set")
PIPELINED = ("multi", "noreply")
WINDOWS = ("--window", "1KiB", "--connections", "1", "--retry-delay", "0")
# what is not to depend on time
PATIENT = ("--timeout", str(memc.patience(20_000)))

NONSENSE = {
    "garbage": b"GARBAGE\r\n",
    "an empty line": b"\r\n",
    "a NUL": b"\0\r\n",
    "NULs": b"\0" * 2000,
    "a NUL in a reply": b"SERVER_ERROR out\0of memory\r\n",
    "no CR": b"MN\nHD\nSTORED\nVERSION 1.6.18\n",
    "ERROR": b"ERROR Too many open connections\r\n",
    "CLIENT_ERROR": b"CLIENT_ERROR bad data chunk\r\n",
    "a value": b"VALUE idfa:1 0 1\r\nx\r\nEND\r\n",
    "a megabyte": b"x" * (1 << 20),
}


class HostileTest(FakeTest):
    # some seven windows of 1 KiB
    TEXT = generate(150, 5, keys=40, types=("idfa",), apps=(1, 5))

    def once(self, is_it, act, at=1, **fields):
        """A fake that does so at the nth such request, never again."""
        left = [at]

        def script(request):
            if not request.is_probe and is_it(request):
                left[0] -= 1
                if left[0] == 0:
                    return act

        it = self.fake(script, **fields)
        it.is_spent = lambda: left[0] <= 0
        return it

    def spend(self, it, mode, *args, reconnects=True, text=None):
        """Begins a load into such a fake; at its end all is stored."""
        end = self.begin(it, text or self.TEXT, *WINDOWS, *args, mode=mode)

        def see():
            result = end()
            self.assertTrue(it.is_spent(), result)
            n = result.shard("idfa")["reconnects"]
            self.assertIn(reconnects, (None, n > 0), result)
            return result
        return see

    def spend_failing(self, it, mode, reason, said, counted, mend=None):
        """The same where the file fails, for this reason, with so many of its
        lines counted as good: it is kept, and loaded again once the fake is
        mended."""
        path = self.write(f"{self.n_runs}.tsv.gz", self.TEXT)
        load = functools.partial(self.start, "--mode", mode, *WINDOWS,
                                 *PATIENT, files=[path], servers={"idfa": it})
        running = load()

        def see():
            result = self.check(running, 1)
            self.assertTrue(it.is_spent(), result)
            self.assert_file(result, path.name, "failed", reason)
            self.assertIn(said, result.err)
            good = "sent" if mode == "noreply" else "stored"
            self.assertEqual(
                (result.totals["lines"], result.totals[good]),
                (counted, counted), result)
            self.assert_kept(path, result)
            if mend:
                mend(result)
            self.assert_stored(it, self.TEXT, path, mode, self.check(load()))
        return see

    def spend_aborting(self, it):
        """In mode set libmemcached aborts at what is another command's reply:
        nothing of the only batch is counted."""
        return self.spend_failing(it, "set", "worker", "killed by signal 6", 0)

    def given_up(self, it, mode, *args):
        """Begins a load that fails for ever; the others' shards are well."""
        path = self.write(f"{self.n_runs}.tsv.gz", self.TEXT)
        running = self.start("--mode", mode, *WINDOWS, "--max-outage", "1",
                             *args, files=[path], servers={"idfa": it})

        def see():
            result = self.check(running, 1)
            self.assertEqual(result.totals["failed"], 150, result)
            self.assertEqual(result.totals["stored"] + result.totals["sent"],
                             0, result)
            self.assertRegex(result.err, r"E shard idfa .*given up after")
            self.assert_file(result, path.name, "failed")
            self.assert_kept(path, result)
        return see


class Nonsense(HostileTest):
    """Instead of each reply that the loader reads, once."""

    def cases(self, modes, is_it, at, aborts=(), **fields):
        """aborts: those that mode set does not survive."""
        def case(mode, text):
            it = self.once(is_it, fake.answer(text), at, **fields)
            if mode == "set" and text in aborts:
                return self.spend_aborting(it)
            return self.spend(it, mode, *PATIENT, reconnects=None)

        self.side_by_side((f"{mode}, {name}", functools.partial(
            case, mode, text)) for name, text in NONSENSE.items()
            for mode in modes)

    def test_for_a_version(self):
        self.cases(memc.MODES, lambda r: r.verb == "version", 1)

    def test_for_the_fence_of_a_greeting(self):
        self.cases(PIPELINED, lambda r: r.verb == "mn", 1)

    def test_for_a_fence(self):
        self.cases(PIPELINED, lambda r: r.verb == "mn", 3)

    def test_for_the_fence_of_an_old_server(self):
        self.cases(PIPELINED, lambda r: r.verb == "version", 3,
                   has_meta=False, version="1.4.39")

    def test_for_a_set(self):
        self.cases(("set",), lambda r: r.verb == "set", 3,
                   aborts=(NONSENSE["a value"],))

    def third_set(self, text):
        return self.once(lambda r: r.verb == "set", fake.answer(text), 3)

    def test_for_a_set_what_another_command_says(self):
        self.side_by_side(
            (str(text), lambda text=text: self.spend_aborting(
                self.third_set(text)))
            for text in (b"VERSION 1.6.18\r\n", b"END\r\n", b"OK\r\n",
                         b"STAT a b\r\n", b"DELETED\r\n",
                         NONSENSE["a value"]))

    def test_for_a_set_what_a_meta_command_says(self):
        """libmemcached does not know that one: as garbage."""
        self.spend(self.third_set(b"HD\r\n"), "set", *PATIENT)()

    def test_for_a_fence_another_fence(self):
        """Whoever takes it for the fence has lost step."""
        def case(mode, verb, text, **fields):
            it = self.once(lambda r: r.verb == verb, fake.answer(text), 3,
                           **fields)
            end = self.spend(it, mode, *PATIENT)
            return lambda: self.assertIn("unexpected reply", end().err)

        for mode in PIPELINED:
            case(mode, "mn", b"VERSION 1.6.18\r\n")()
            case(mode, "version", b"MN\r\n", has_meta=False,
                 version="1.4.39")()

    def test_for_a_set_of_an_old_server(self):
        self.cases(("set", "multi"), lambda r: r.verb == "set", 3,
                   aborts=(NONSENSE["a value"],), has_meta=False,
                   version="1.4.39")

    def test_for_a_quiet_set(self):
        """Nothing was asked."""
        self.cases(PIPELINED, lambda r: r.verb in SETS, 3, hides_errors=False)

    def test_for_a_refused_line(self):
        """Where each line gets its reply, after a refusal."""
        def case(text):
            n_refused = [0]

            def script(request):
                if request.verb == "ms" and request.quiet and not n_refused[0]:
                    n_refused[0] = 1
                    return fake.refuse()
                if request.verb == "ms" and not request.quiet:
                    n_refused[0] += 1
                    if n_refused[0] == 3:
                        return fake.answer(text)

            it = self.fake(script)
            it.is_spent = lambda: n_refused[0] >= 3
            return self.spend(it, "multi", *PATIENT)

        self.side_by_side((name, functools.partial(case, text))
                          for name, text in NONSENSE.items())

    def test_for_the_first_probe(self):
        for name, text in NONSENSE.items():
            with self.subTest(name):
                it = self.fake(lambda r: fake.answer(text))
                path, result = self.into(it, self.TEXT, *PATIENT, code=3)
                self.assertRegex(
                    result.err, rf"E shard idfa \({it.address}\): it does not "
                    r"answer as memcached does: \"")
                self.assertEqual(it.sets, [])
                self.assert_kept(path, result)

    def test_for_the_last_probe(self):
        def case(mode, text):
            left = [3]

            def script(request):
                if request.is_probe and it.sets and left[0]:
                    left[0] -= 1
                    return fake.answer(text)

            it = self.fake(script)
            it.is_spent = lambda: left[0] == 0
            return self.spend(it, mode, *PATIENT, reconnects=False)

        self.side_by_side((f"{mode}, {name}", functools.partial(
            case, mode, text)) for name, text in NONSENSE.items()
            for mode in memc.MODES)

    def test_before_anything_was_asked(self):
        """Replies to nobody, good ones even, on the first two connections;
        for mode set in one piece with the first true reply: what came of it
        later would be the first set's reply, and that is another test."""
        texts = {**NONSENSE, "MN": b"MN\r\n", "HD": b"HD\r\n",
                 "STORED": b"STORED\r\n", "VERSION": b"VERSION 1.6.18\r\n",
                 "a greeting": b"VERSION 1.6.18\r\nMN\r\n",
                 "a greeting and more": b"VERSION 1.6.18\r\nMN\r\nMN\r\n"}

        def case(mode, text):
            if mode == "set":
                it = self.once(lambda r: r.verb == "version", fake.answer(
                    text + b"VERSION 1.6.18\r\n"))
            else:
                it = self.fake(welcome=lambda n: text
                               if n - memc.N_PROBES in (1, 2) else b"")
                it.is_spent = lambda: it.n_connections >= memc.N_PROBES + 2
            return self.spend(it, mode, *PATIENT, reconnects=None)

        self.side_by_side((f"{mode}, {name}", functools.partial(
            case, mode, text)) for name, text in texts.items()
            for mode in memc.MODES)

    def test_a_whole_greeting_too_many(self):
        """The true one comes when a window is under way: were it taken for
        the window's fence, that would be lost."""
        greeting = b"VERSION 1.6.18\r\nMN\r\n"
        first = memc.N_PROBES + 1

        def script(request):
            if request.connection != first:
                return None
            is_first_set = request.verb in SETS and request.nth == 1
            return fake.answer(greeting if is_first_set else b"")

        for mode in PIPELINED:
            with self.subTest(mode):
                it = self.fake(script, hides_errors=False, welcome=lambda n: (
                    greeting if n == first else b""))
                it.is_spent = lambda: it.n_connections > first + 1
                result = self.spend(it, mode, *PATIENT, reconnects=None)()
                self.assertIn("unexpected reply", result.err)

    def test_for_ever(self):
        """To every set; only what takes these for replies stores them."""
        def case(mode, text):
            it = self.fake(lambda r: r.verb in SETS and fake.answer(text)
                           or None, hides_errors=False)
            return self.given_up(it, mode, *PATIENT)

        self.side_by_side((f"{mode}, {text[:20]}", functools.partial(
            case, mode, text)) for mode in memc.MODES
            for text in (b"GARBAGE\r\n", b"CLIENT_ERROR bad data chunk\r\n",
                         b"ERROR\r\n"))


class Endless(HostileTest):
    """A probe's answer that goes on for ever, line by line."""

    LINES = fake.Endless(b"STAT foo 1\r\n" * 100_000)
    SAID = 'it does not answer as memcached does: "its answer has no end"'

    def flood(self, from_probe):
        """To this probe and all after it."""
        def script(request):
            if request.verb != "stats":
                return None
            probes.add(request.connection)
            return fake.answer(self.LINES) if it.is_flooding() else None

        probes = set()
        it = self.fake(script)
        it.is_flooding = lambda: len(probes) >= from_probe
        return it

    def test_before_anything_is_sent(self):
        for command in ((), ("doctor",), ("verify",)):
            with self.subTest(command):
                it = self.flood(1)
                path = self.write("a.tsv.gz", self.TEXT)
                result = self.start(
                    *command, *PATIENT, files=[path],
                    servers={"idfa": it}).finish(memc.patience(15))
                self.assertEqual(result.code, 3, result)
                self.assertIn(self.SAID, result.err + result.out)
                self.assertEqual(it.sets, [])
                self.assert_kept(path, result)

    def test_at_the_end(self):
        """Given up after --max-outage, as one that says nothing."""
        it = self.flood(2)
        path = self.write("a.tsv.gz", self.TEXT)
        result = self.load(*PATIENT, "--max-outage", "1", files=[path],
                           servers={"idfa": it}, code=None,
                           deadline=memc.patience(15))
        self.assertIn(result.code, (1, 3), result)
        self.assertEqual(result.totals["files_done"], 0, result)
        self.assert_kept(path, result)

    def test_at_the_end_and_a_stop(self):
        it = self.flood(2)
        path = self.write("a.tsv.gz", self.TEXT)
        running = self.start("--timeout", "1000", "--max-outage", "600",
                             files=[path], servers={"idfa": it})
        self.wait_while(running, it.is_flooding, "it is asked at the end")
        running.signal(signal.SIGTERM)
        result = self.check(running, 4, deadline=memc.patience(20))
        self.assertEqual(result.totals["files_done"], 0, result)
        self.assert_kept(path, result)


class Numbers(HostileTest):
    """More replies than were asked for, or fewer."""

    def run_cases(self, cases):
        """cases: {name: (mode, fake, more arguments)}"""
        self.side_by_side(
            (name, functools.partial(self.spend, it, mode, *args,
                                     reconnects=None))
            for name, (mode, it, *args) in cases.items())

    def loud(self, text):
        """Something is refused once, so that its window gets replies; the
        second line's reply is this one."""
        seen = [0]

        def script(request):
            if request.verb != "ms":
                return None
            if request.quiet:
                seen[0] = seen[0] or 1
                return fake.refuse() if request.nth == 1 else None
            seen[0] += 1
            if seen[0] == 3:
                return fake.store(text)

        it = self.fake(script)
        it.is_spent = lambda: seen[0] >= 3
        return it

    def test_one_too_many(self):
        a_set = lambda r: r.verb == "set"  # noqa: E731
        old = {"has_meta": False, "version": "1.4.39"}
        self.run_cases({
            "old": ("multi", self.once(
                a_set, fake.store(b"STORED\r\nSTORED\r\n"), 3, **old),
                *PATIENT),
            "loud": ("multi", self.loud(b"HD\r\nHD\r\n"), *PATIENT),
        })

    def doubled(self, mode, at, is_it=lambda r: True):
        """A fake that answers such a request twice: a set in mode set, else a
        fence."""
        if mode == "set":
            return self.once(lambda r: r.verb == "set" and is_it(r),
                             fake.store(b"STORED\r\nSTORED\r\n"), at)
        return self.once(lambda r: r.verb == "mn" and is_it(r),
                         fake.answer(b"MN\r\nMN\r\n"), at)

    def lost_step(self, mode, n_stored):
        """Each later answer stands for what was asked after it: there is
        always something under way that it may stand for. The books wait for
        so many lines to be stored."""
        it = self.doubled(mode, 3)
        it.awaits_more = True
        double = it.script
        act = fake.after(lambda: it.counts["stored"] >= n_stored)
        it.script = lambda r: act if r.is_probe and it.sets else double(r)
        return it

    def test_one_too_many_and_a_server_behind(self):
        """The load ends before the server has read the last line, and the
        books tell."""
        want = read(b"".join(self.TEXT.splitlines(True)[:-1])).stored()["idfa"]

        def case(mode):
            it = self.lost_step(mode, 149)
            it.hold_after(149)

            def mend(result):
                self.assertEqual(it.items, want, result)
                it.awaits_more = False
                it.release()
                it.wait_for(lambda: it.counts["stored"] == 150, "the last set")

            return self.spend_failing(
                it, mode, "shortfall",
                "it counts 1 set fewer than it acknowledged", 150, mend)

        self.side_by_side((mode, functools.partial(case, mode))
                          for mode in memc.MODES)

    def test_one_too_many_and_a_server_in_time(self):
        """The last line was stored when the books are read."""
        def case(mode):
            it = self.lost_step(mode, 150)
            return self.spend(it, mode, *PATIENT, reconnects=False)

        self.side_by_side((mode, functools.partial(case, mode))
                          for mode in memc.MODES)

    def test_one_fence_too_many_and_nothing_under_way(self):
        """It cannot stand for anything: as garbage."""
        def case(mode, is_last):
            it = self.doubled(mode, 1, lambda r: (
                len(it.sets) == (150 if is_last else 0)))
            end = self.spend(it, mode, *PATIENT, reconnects=False)
            return lambda: self.assertIn("unexpected reply: MN", end().err)

        self.side_by_side(
            (f"{mode}, {'last' if is_last else 'greeting'}",
             functools.partial(case, mode, is_last))
            for mode in PIPELINED for is_last in (False, True))

    def test_one_too_few(self):
        a_set = lambda r: r.verb == "set"  # noqa: E731
        old = {"has_meta": False, "version": "1.4.39"}
        self.run_cases({
            "set, stored": ("set", self.once(
                a_set, fake.store(b""), 3), *memc.HASTY),
            "set, not stored": ("set", self.once(
                a_set, fake.silence(), 3), *memc.HASTY),
            "old": ("multi", self.once(
                a_set, fake.store(b""), 3, **old), *PATIENT),
            "loud": ("multi", self.loud(b""), *PATIENT),
            **{f"{mode}, fence": (mode, self.once(
                lambda r: r.verb == "mn", fake.silence(), 3), *memc.HASTY)
                for mode in PIPELINED},
            **{f"{mode}, greeting": (mode, self.once(
                lambda r: r.verb == "version", fake.silence(), 1), *memc.HASTY)
                for mode in memc.MODES},
        })

    def test_a_refusal_and_nothing_after_it(self):
        """The connection is silent from there on."""
        def case(mode):
            silent = set()

            def script(request):
                if request.connection in silent:
                    return fake.silence()
                if request.verb in SETS and request.nth == 30:
                    silent.add(request.connection)
                    return fake.refuse()

            it = self.fake(script, hides_errors=False)
            it.is_spent = lambda: silent
            return self.spend(it, mode, *memc.HASTY, reconnects=None)

        self.side_by_side((mode, functools.partial(case, mode))
                          for mode in memc.MODES)

    def test_errors_to_noreply(self):
        """A server that does tell: it is heard, the lines are sent again and
        stored."""
        it = self.once(lambda r: r.verb == "set", fake.refuse(), 3,
                       hides_errors=False)
        self.spend(it, "noreply", *PATIENT, reconnects=False)()


class Doors(HostileTest):
    """Connections that end as soon as they are accepted."""

    def closing(self, resets, *numbers):
        def welcome(n):
            if n in numbers:
                raise fake.Close(resets)
            return b""

        it = self.fake(welcome=welcome)
        it.is_spent = lambda: it.n_connections >= max(numbers)
        return it

    def test_shut_for_some(self):
        first = memc.N_PROBES + 1

        def case(mode, resets):
            it = self.closing(resets, *range(first, first + 7))
            return self.spend(it, mode, *PATIENT, reconnects=None)

        self.side_by_side(
            (f"{mode}, {resets}", functools.partial(case, mode, resets))
            for mode in memc.MODES for resets in (False, True))

    def test_shut_for_good(self):
        first = memc.N_PROBES + 1

        def case(mode, resets):
            it = self.closing(resets, *range(first, 100_000))
            return self.given_up(it, mode, *PATIENT, "--retry-delay", "50")

        self.side_by_side(
            (f"{mode}, {resets}", functools.partial(case, mode, resets))
            for mode in memc.MODES for resets in (False, True))

    def test_shut_for_the_probe(self):
        for resets in (False, True):
            it = self.closing(resets, 1)
            path, result = self.into(it, self.TEXT, code=3)
            self.assertRegex(result.err, rf"E shard idfa \({it.address}\): "
                             r"(the server closed the connection|cannot \w+: "
                             r"(Connection reset by peer|Broken pipe))")
            self.assert_kept(path, result)


class Silence(HostileTest):
    """Answers that come late, or never."""

    def test_late_by_less_than_the_timeout(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                it = self.fake(hold_at=30)
                it.is_spent = lambda: True
                end = self.spend(it, mode, *PATIENT, reconnects=False)
                it.wait_held()
                memc.hold_for(0.3)
                it.release()
                end()

    def test_late_by_more_than_the_timeout(self):
        """Given up, but read to its end before anything is sent again."""
        for mode in memc.MODES:
            with self.subTest(mode):
                it = self.fake(hold_at=30)
                path = self.write("a.tsv.gz", self.TEXT)
                running = self.start("--mode", mode, *WINDOWS, *memc.HASTY,
                                     files=[path], servers={"idfa": it})
                it.wait_held()
                memc.wait_until(it.is_shut, "the connection is given up")
                if mode != "set":  # told at its end there
                    memc.wait_until(lambda: "no answer" in running.said(),
                                    "the timeout is told")
                # would another connection come now, it were to be seen
                memc.hold_for(0.3)
                self.assertEqual(it.overtaking, [])
                it.release()
                result = self.check(running)
                self.assert_stored(it, self.TEXT, path, mode, result)
                self.assertGreater(result.shard("idfa")["reconnects"], 0)
                self.assertEqual(it.overtaking, [], result)

    def test_never(self):
        """Not to sets, to greetings, or to the end of the connection."""
        def case(mode, verbs, act):
            it = self.fake(lambda r: act if r.verb in verbs and not r.is_probe
                           else None)
            return self.given_up(it, mode, *memc.HASTY)

        self.side_by_side(
            (f"{mode}, {verbs}, {act}", functools.partial(
                case, mode, verbs, act))
            for mode in memc.MODES
            for verbs in (("version",), (*SETS, "mn"))
            for act in (fake.silence(), fake.hang()))

    def test_an_end_that_never_comes(self):
        """libmemcached says `quit` and waits for the server to hang up."""
        for act in (fake.silence(), fake.hang()):
            it = self.once(lambda r: r.verb == "quit", act)
            self.spend(it, "set", *PATIENT, reconnects=False)()


if __name__ == "__main__":
    memc.main()
