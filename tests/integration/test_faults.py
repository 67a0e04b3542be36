#!/usr/bin/python3
"""What a scripted fake memcached says and does: refusals in a window, replies
cut at every byte, garbage, a byte at a time, servers without meta commands."""

import collections
import functools
import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from fake_test import FakeTest  # noqa: E402
from records import generate, line  # noqa: E402

FAST = ("--retry-delay", "1")
TICKS = os.sysconf("SC_CLK_TCK")


def stats_of_threads(pid):
    """{thread: (state, times it was switched, seconds on a core)}"""
    out = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/stat", "rb") as stat:
            fields = stat.read().rsplit(b")", 1)[1].split()
        with open(f"/proc/{pid}/task/{thread}/status", "rb") as status:
            switched = [row for row in status if b"ctxt_switches" in row]
        out[thread] = (fields[0], switched,
                       (int(fields[11]) + int(fields[12])) / TICKS)
    return out


def is_asleep(pid):
    """Do all threads wait, and none has run between two looks?"""
    first = stats_of_threads(pid)
    memc.hold_for(0.02)
    return (first == stats_of_threads(pid)
            and all(state == b"S" for state, _, _ in first.values()))


def seconds_spent(pid):
    return sum(seconds for _, _, seconds in stats_of_threads(pid).values())


class Refusals(FakeTest):
    """SERVER_ERROR for one key, in `multi`."""

    def refusing(self, times, key=b"idfa:k", value=None, text=None,
                 **fields):
        """A fake that refuses that key (with that value) so many times."""
        left = [times]

        def script(request):
            if (request.key == key and left[0] > 0
                    and value in (None, request.value)):
                left[0] -= 1
                if text is not None:
                    return fake.refuse(text)
                return fake.refuse()

        return self.fake(script, **fields)

    TEXT = (generate(40, 1, keys=10, types=("idfa",), apps=(1, 5))
            + line(ident="k")
            + generate(40, 1, keys=10, types=("idfa",), apps=(1, 5),
                       first=40))

    def test_refused_for_a_while_then_stored(self):
        # --retries is 3
        for times in (1, 2, 3):
            for args in ((), ("--connections", "3"), ("--window", "1KiB"),
                         ("--threads", "2", "--batch", "9")):
                with self.subTest(f"{times} times {args}"):
                    it = self.refusing(times)
                    result = self.assert_all_stored(it, self.TEXT, *FAST,
                                                    *args)
                    self.assertGreater(result.shard("idfa")["retried"], 0)
                    self.assertEqual(result.shard("idfa")["reconnects"], 0)

    def test_refused_for_ever(self):
        """Exactly that item failed; its neighbours are stored."""
        expected = records.read(self.TEXT)
        want = expected.stored()["idfa"]
        del want[b"idfa:k"]
        for args in ((), ("--connections", "3"), ("--window", "1KiB"),
                     ("--batch", "9"), ("--retries", "0")):
            with self.subTest(args):
                it = self.refusing(10**9)
                path, result = self.into(it, self.TEXT, *FAST, *args, code=1)
                self.assertEqual(result.totals["failed"], 1, result)
                self.assertEqual(result.totals["stored"],
                                 expected.lines - 1)
                self.assertEqual(it.items, want)
                self.assertEqual(result.shard("idfa")["out_of_memory"], 1)
                self.assert_kept(path)

    def test_refused_for_ever_is_told(self):
        it = self.refusing(10**9)
        path, result = self.into(it, self.TEXT, *FAST, code=1)
        self.assert_line_told(result, path.name, 41, "out_of_memory")
        self.assertTrue(any(
            "SERVER_ERROR out of memory" in text and it.address in text
            for _, text in result.log("W")), result)

    def test_the_error_rate_decides_about_the_file(self):
        it = self.refusing(10**9)
        path, result = self.into(it, self.TEXT, *FAST, "--max-error-rate",
                                 "0.02")
        self.assertEqual(result.totals["failed"], 1)
        self.assert_renamed(path)

    def test_a_later_line_of_a_refused_key_wins(self):
        text = (line(ident="a") + line(ident="k", apps="1")
                + line(ident="b") + line(ident="k", apps="2")
                + line(ident="c"))
        expected = records.read(text)
        first = expected.items[1].value
        it = self.refusing(10**9, value=first)
        _, result = self.into(it, text, *FAST, code=1)
        self.assertEqual(result.totals["failed"], 1, result)
        self.assertEqual(it.items, expected.stored()["idfa"])

    def test_earlier_lines_of_a_refused_key_fail_with_it(self):
        """The refused set took their value away."""
        text = (line(ident="a") + line(ident="k", apps="1")
                + line(ident="b") + line(ident="k", apps="2")
                + line(ident="c"))
        expected = records.read(text)
        last = expected.items[3].value
        it = self.refusing(10**9, value=last)
        _, result = self.into(it, text, *FAST, code=1)
        self.assertEqual(result.totals["failed"], 2, result)
        want = expected.stored()["idfa"]
        del want[b"idfa:k"]
        self.assertEqual(it.items, want)

    def test_order_holds_through_refusals(self):
        """Keys come back all the time, some are refused now and then: the
        last line of each wins."""
        text = generate(memc.scale(3000, 500), 3, keys=30, types=("idfa",),
                        apps=(1, 5))

        def case(nth, args):
            seen = collections.Counter()

            def script(request):
                # each value twice at the most, so that none fails
                seen[request.value] += 1
                if (request.verb == "ms" and request.nth % nth == 0
                        and seen[request.value] < 3):
                    return fake.refuse()

            return self.begin(self.fake(script), text, *FAST, *args)

        self.side_by_side(
            (f"every {nth}th {args}", functools.partial(case, nth, args))
            for nth in (7, 50, 333)
            for args in (("--window", "1KiB"),
                         ("--window", "4KiB", "--connections", "3",
                          "--threads", "2", "--batch", "100")))

    def test_nothing_new_is_sent_while_a_refusal_is_mended(self):
        """From the first request with a reply on (the refused window, sent
        again) until the refused line is stored, all was sent before."""
        text = b"".join(
            generate(700, 2, keys=100, types=("idfa",), apps=(100, 200),
                     first=700 * part) + line(ident=f"k{part}")
            for part in range(3))
        # the buffers of a unix socket hold a fifth of that
        it = self.refusing(2, key=b"idfa:k0", path=f"{self.dir}/fake")
        self.assert_all_stored(it, text, "--window", "1KiB")
        rows = [(request.key, request.value) for request in it.sets]
        refused = next(row for row in rows if row[0] == b"idfa:k0")
        first, second, third = [at for at, row in enumerate(rows)
                                if row == refused]
        begin = next(at for at, r in enumerate(it.sets) if not r.quiet)
        self.assertTrue(first < begin <= second < third)
        self.assertLess(len(set(rows[:begin])), 1500, "too much was in flight")
        self.assertLessEqual(set(rows[begin:third]), set(rows[:begin]))

    def test_another_refusal_than_memory(self):
        it = self.refusing(10**9, text=b"SERVER_ERROR busy writing")
        _, result = self.into(it, self.TEXT, *FAST, code=1)
        self.assertEqual(result.totals["failed"], 1, result)
        self.assertEqual(result.shard("idfa")["out_of_memory"], 0)

    def test_many_refusals_and_small_buffers(self):
        """A client that writes without reading would stand still here."""
        text = generate(memc.scale(4000, 1000), 4, types=("idfa",),
                        apps=(1, 5))
        seen = collections.Counter()

        def script(request):
            seen[request.key] += 1
            if request.verb == "ms" and seen[request.key] == 1:
                return fake.refuse()

        it = self.fake(script, buffer_bytes=4096)
        self.assert_all_stored(it, text, *FAST, "--window", "1MiB")

    def test_in_set_mode_each_item_by_itself(self):
        it = self.refusing(2)
        self.assert_all_stored(it, self.TEXT, *FAST, mode="set")
        it = self.refusing(10**9)
        _, result = self.into(it, self.TEXT, *FAST, "--mode", "set", code=1)
        self.assertEqual(result.totals["failed"], 1, result)
        self.assertEqual(result.totals["stored"], 80)
        self.assertNotIn(b"idfa:k", it.items)

    def test_in_noreply_mode_nobody_hears_it(self):
        """But the server's own count tells."""
        it = self.refusing(10**9)
        path, result = self.into(it, self.TEXT, "--mode", "noreply", code=1)
        self.assertEqual(result.totals["sent"], 81)
        self.assert_file(result, path.name, "failed", "shortfall")
        self.assert_kept(path)


class Replies(FakeTest):
    """Replies that break off, make no sense, or trickle in."""

    # some seven windows of 1 KiB
    TEXT = generate(150, 5, keys=40, types=("idfa",), apps=(1, 5))

    def test_cut_after_every_number_of_bytes(self):
        """By a polite end and by a reset; everything is stored all the
        same."""
        def case(mode, cut):
            it = self.fake(cut_resets=cut % 2 == 1)
            it.cuts.extend([cut, cut + 1])
            end = self.begin(it, self.TEXT, "--window", "1KiB", mode=mode)
            return lambda: self.assert_reconnected(end())

        step = {"tsan": 3, "valgrind": 7}.get(memc.MODE, 1)
        self.side_by_side(
            (f"{mode}, {cut} bytes", functools.partial(case, mode, cut))
            for mode in memc.MODES for cut in range(0, 13, step))

    def assert_reconnected(self, result):
        self.assertGreater(result.shard("idfa")["reconnects"], 0)

    def test_cut_in_the_middle_of_a_set(self):
        """The server goes away between two of its requests."""
        for mode in memc.MODES:
            for nth in (1, 2, 30, 59):
                with self.subTest(f"{mode}, set {nth}"):
                    def script(request):
                        if request.verb in ("ms", "set") \
                                and request.nth == nth:
                            return fake.close(reset=nth % 2 == 0)

                    it = self.fake(script)
                    self.assert_all_stored(it, self.TEXT, mode=mode)

    def garbage(self, text, verbs, nth):
        """A fake that answers the nth of these requests so, once."""
        seen = [0]

        def script(request):
            # the probe asks these, too
            if request.verb in verbs and it.sets:
                seen[0] += 1
                if seen[0] == nth:
                    return fake.answer(text)

        it = self.fake(script)
        return it

    def test_garbage_for_a_fence(self):
        def case(mode, text):
            it = self.garbage(text, ("mn",), 2)
            end = self.begin(it, self.TEXT, "--window", "1KiB", *memc.HASTY,
                             mode=mode)
            return lambda: self.assert_reconnected(end())

        # those first whose end is waited for, side by side
        self.side_by_side(
            (f"{mode} {text[:20]}", functools.partial(case, mode, text))
            for text in (
                b"MN", b"\0\0\0\0", b"GARBAGE\r\n", b"STORED\r\n", b"\r\n",
                b"MN x\r\n", b"HD\r\n", b"x" * 70_000 + b"\r\n",
                b"END\r\n", b"VALUE a 0 1\r\n")
            for mode in ("multi", "noreply"))

    def test_garbage_for_a_set(self):
        for text in (b"GARBAGE\r\n", b"MN\r\n", b"STORED", b"HD\r\n"):
            with self.subTest(text):
                it = self.garbage(text, ("set",), 3)
                self.assert_all_stored(it, self.TEXT, *memc.HASTY,
                                       mode="set")

    def test_a_fence_that_is_never_answered(self):
        def case(mode):
            it = self.garbage(b"", ("mn",), 2)
            end = self.begin(it, self.TEXT, "--window", "1KiB", *memc.HASTY,
                             mode=mode)
            return lambda: self.assert_reconnected(end())

        self.side_by_side((mode, functools.partial(case, mode))
                          for mode in ("multi", "noreply"))

    def test_a_byte_at_a_time(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                it = self.fake(is_one_byte=True)
                self.assert_all_stored(it, self.TEXT, "--window", "1KiB",
                                       mode=mode)

    def test_all_replies_of_refusals_a_byte_at_a_time(self):
        def script(request):
            if request.verb == "ms" and request.nth in (5, 6, 40):
                return fake.refuse()

        it = self.fake(script, is_one_byte=True)
        self.assert_all_stored(it, self.TEXT, *FAST, "--window", "1KiB")

    def test_an_error_nobody_asked_for(self):
        """CLIENT_ERROR or ERROR to a quiet set: the stream is not trusted any
        more, and nothing is lost."""
        for text in (b"CLIENT_ERROR bad data chunk\r\n", b"ERROR\r\n"):
            with self.subTest(text):
                it = self.garbage(text, ("ms",), 4)
                self.assert_all_stored(it, self.TEXT, *FAST)

    def test_small_buffers(self):
        text = generate(memc.scale(3000, 300), 6, types=("idfa",))
        for mode in memc.MODES:
            with self.subTest(mode):
                it = self.fake(buffer_bytes=2048)
                self.assert_all_stored(it, text, "--window", "1MiB",
                                       mode=mode)

    def test_connections_that_never_last(self):
        """Each ends after some sets; progress is made all the same."""
        def script(request):
            if request.verb in ("ms", "set") and request.nth % 40 == 0:
                return fake.close()

        text = generate(300, 7, keys=50, types=("idfa",), apps=(1, 5))
        for mode in memc.MODES:
            with self.subTest(mode):
                it = self.fake(script)
                self.assert_all_stored(it, text, "--window", "1KiB",
                                       mode=mode)


class OldServers(FakeTest):
    """Without meta commands: ERROR to mn and ms."""

    TEXT = generate(300, 8, keys=80, types=("idfa",), apps=(1, 5))

    def old(self, script=None, **more):
        return self.fake(script, has_meta=False, version="1.4.39", **more)

    def test_every_mode(self):
        for mode in memc.MODES:
            for args in ((), ("--window", "1KiB", "--connections", "2",
                              "--threads", "2", "--batch", "50")):
                with self.subTest(f"{mode} {args}"):
                    it = self.old()
                    self.assert_all_stored(it, self.TEXT, *args, mode=mode)
                    self.assertEqual(it.counts["ms"], 0)

    def test_multi_gets_a_reply_for_each(self):
        it = self.old()
        self.assert_all_stored(it, self.TEXT)
        self.assertTrue(all(r.verb == "set" and not r.quiet
                            for r in it.sets))

    def test_noreply_is_fenced_by_version(self):
        it = self.old()
        self.assert_all_stored(it, self.TEXT, mode="noreply")
        self.assertTrue(all(r.verb == "set" and r.quiet for r in it.sets))
        self.assertGreaterEqual(it.counts["version"], 2)

    def test_a_refusal(self):
        def script(request):
            if request.key == b"idfa:k":
                return fake.refuse()

        text = self.TEXT + line(ident="k") + self.TEXT
        it = self.old(script)
        _, result = self.into(it, text, *FAST, code=None)
        self.assertEqual(result.totals["failed"], 1, result)
        self.assertEqual(result.totals["stored"], 600)
        self.assertEqual(it.items, records.read(self.TEXT).stored()["idfa"])

    def test_a_pause_while_the_socket_is_full(self):
        """The fence of a refused line is answered when no more can be sent;
        then all is read, so that there is room. The lane waits for the time
        of its retry, not for the room that it has no use for."""
        # five times what the buffers of a unix socket hold
        text = line(ident="k") + generate(250, 10, types=("idfa",),
                                          apps=(1500, 1500))
        spent = []  # by the worker, when the pause begins and when it is over
        n_before = []  # sets until then

        def script(request):
            if request.key == b"idfa:k" and request.nth == 1:
                return fake.refuse()
            if request.verb == "version" and it.sets and not request.is_probe:
                return fake.after(lambda: spent)
            if request.key == b"idfa:k" and len(spent) == 1:
                spent.append(seconds_spent(worker))
                n_before.append(request.nth)

        it = self.old(script, path=f"{self.dir}/fake")
        path = self.write("a.tsv.gz", text)
        running = self.start("--window", "1KiB", "--connections", "1",
                             "--retry-delay", "3000", files=[path],
                             servers={"idfa": it})
        it.wait_for(lambda: it.sets, "the refused line")
        memc.wait_until(lambda: len(running.workers()) == 1,
                        "only the worker runs")
        worker = running.workers()[0]
        memc.wait_until(lambda: is_asleep(worker), "no more can be sent")
        with it.lock:
            spent.append(seconds_spent(worker))
            it.changed.notify_all()
        result = self.check(running)
        self.assert_stored(it, text, path, "multi", result)
        self.assertGreater(result.shard("idfa")["retried"], 0)
        self.assertLess(n_before[0], 200, "it was not the socket")
        # the pause is at least half of --retry-delay
        self.assertLess(spent[1] - spent[0], 0.5, result)

    def test_many_replies_and_small_buffers(self):
        text = generate(memc.scale(4000, 500), 9, types=("idfa",),
                        apps=(1, 5))
        it = self.old(buffer_bytes=2048)
        self.assert_all_stored(it, text, "--window", "1MiB")

    def test_cut_replies(self):
        for mode in ("multi", "noreply"):
            for cut in (0, 1, 7, 8, 100):
                with self.subTest(f"{mode} {cut}"):
                    it = self.old()
                    it.cuts.append(cut)
                    self.assert_all_stored(it, self.TEXT, "--window",
                                           "2KiB", mode=mode)


if __name__ == "__main__":
    memc.main()
