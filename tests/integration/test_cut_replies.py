#!/usr/bin/python3
"""Every reply that is read, cut at every byte, by an end of the stream and
by a reset, in every mode. A fake notes what each connection was told before
it was cut, so that each test proves that it cut everywhere."""

import collections
import functools
import itertools
import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
from fake_test import FakeTest  # noqa: E402
from records import line  # noqa: E402

AT_ONCE = ("--retry-delay", "0", "--retries", "1000", "--timeout",
           str(memc.patience(20_000)))
NO_MEMORY = b"SERVER_ERROR out of memory storing object\r\n"
TOO_LARGE = b"SERVER_ERROR object too large for cache\r\n"


def prefixes(reply):
    """Of a reply, what may have come of it before the cut."""
    return {reply[:at] for at in range(len(reply) + 1)}


def both_ways(test):
    """Runs it for both ways to end a connection."""
    def run(self):
        for resets in (False, True):
            for mode in memc.MODES:
                with self.subTest(f"{mode}, {'reset' if resets else 'end'}"):
                    test(self, mode, resets)
    return run


class Lanes(FakeTest):
    """What a lane reads: greetings, fences, answers to sets, refusals. One
    line is refused until every cut was made; then all is stored."""

    TEXT = b"".join(line(ident=key) for key in "abkc")

    def cut(self, mode, resets, streams, refusal=NO_MEMORY, code=0, **fields):
        """streams: {what a connection does: all that it is told}. Of those
        connections, each is cut one byte later than the one before it."""
        left = {name: collections.deque(range(len(stream) + 1))
                for name, stream in streams.items()}

        to_cut = set()

        def stage(request):
            if request.is_probe:
                return None
            if request.verb == "version":
                return "greeting"
            if mode == "set":
                return "refused" if request.key == b"idfa:k" else "stored"
            if request.verb not in ("ms", "set"):
                return None  # a fence: what went before it was to be cut
            return "quiet" if request.quiet else "loud"

        def cut_at(request):
            ways = left.get(stage(request))
            if not ways:
                return None
            to_cut.add(request.connection)
            return ways.popleft()

        def script(request):
            is_over = not any(left.values()) and refusal is NO_MEMORY
            if request.key == b"idfa:k" and (
                    not is_over or request.connection in to_cut):
                return fake.refuse(refusal[:-2])

        if mode == "noreply":
            script = None  # it would lose the line, and nobody would hear
        it = self.fake(script, cut_at=cut_at, cut_resets=resets, **fields)
        path, result = self.into(it, self.TEXT, *AT_ONCE, "--mode", mode,
                                 "--connections", "1", code=code)
        self.assertFalse(any(left.values()), f"{left}\n{result}")
        want = collections.Counter(itertools.chain.from_iterable(
            prefixes(stream) for stream in streams.values()))
        got = collections.Counter(it.cut_off)
        self.assertFalse((got - want, want - got), result) if got != want else None
        return it, path, result

    def assert_all_there(self, it, path, result, mode):
        self.assert_stored(it, self.TEXT, path, mode, result)
        self.assertGreater(result.shard("idfa")["reconnects"], 0)

    @both_ways
    def test_every_reply(self, mode, resets):
        streams = {
            "set": {"greeting": b"VERSION 1.6.18\r\n",
                    "stored": b"STORED\r\n", "refused": NO_MEMORY},
            "multi": {"greeting": b"VERSION 1.6.18\r\nMN\r\n",
                      "quiet": NO_MEMORY + b"MN\r\n",
                      "loud": b"HD\r\nHD\r\n" + NO_MEMORY + b"HD\r\nMN\r\n"},
            "noreply": {"greeting": b"VERSION 1.6.18\r\nMN\r\n",
                        "quiet": b"MN\r\n"},
        }
        self.assert_all_there(*self.cut(mode, resets, streams[mode]), mode)

    @both_ways
    def test_every_reply_of_an_old_server(self, mode, resets):
        version = b"VERSION 1.4.39\r\n"
        streams = {
            "set": {"greeting": version, "stored": b"STORED\r\n",
                    "refused": NO_MEMORY},
            "multi": {"greeting": version + b"ERROR\r\n",
                      "loud": b"STORED\r\n" * 2 + NO_MEMORY + b"STORED\r\n"
                      + version},
            "noreply": {"greeting": version + b"ERROR\r\n",
                        "quiet": version},
        }
        self.assert_all_there(*self.cut(
            mode, resets, streams[mode], has_meta=False, version="1.4.39"),
            mode)

    @both_ways
    def test_an_item_that_is_too_large_for_the_server(self, mode, resets):
        """It is refused for good; its neighbours are stored."""
        streams = {
            "set": {"refused": TOO_LARGE},
            "multi": {"quiet": TOO_LARGE + b"MN\r\n",
                      "loud": b"HD\r\nHD\r\n" + TOO_LARGE + b"HD\r\nMN\r\n"},
            "noreply": None,  # nobody hears of it
        }
        if streams[mode] is None:
            return
        # what the last cuts leave unsaid is asked for once more
        it, path, result = self.cut(mode, resets, streams[mode], TOO_LARGE, 1)
        self.assertEqual(result.rejects, {"too_large": 1}, result)
        self.assertEqual(result.totals["stored"], 3, result)
        self.assertEqual(set(it.items), {b"idfa:a", b"idfa:b", b"idfa:c"})
        self.assert_kept(path, result)


class Probes(FakeTest):
    """What the supervisor reads, before the load and at its end: many shards
    on one fake, their connections cut at a byte each."""

    def begin_many(self, mode, resets, n_shards, after_sets):
        """Begins a load; the answers to probes are cut, those after sets or
        those before any. The function returned waits for its end."""
        n = len(self.answer())
        ways = collections.deque(range(n))

        def cut_at(request):
            if request.is_probe and bool(it.sets) == after_sets and ways:
                return ways.popleft()

        it = self.fake(cut_at=cut_at, cut_resets=resets,
                       tell_stats=self.of_one_length)
        names = [f"s{i}" for i in range(n_shards or n)]
        text = b"".join(line(kind=name) for name in names)
        path = self.write(f"{self.n_runs}.tsv.gz", text)
        running = self.start("--mode", mode, *AT_ONCE, "--connections", "1",
                             "--threads", "0", files=[path],
                             servers={name: it.address for name in names})

        def end():
            result = self.check(running, 0 if after_sets else 3)
            self.assertEqual(sorted(map(len, it.cut_off)), list(range(n)),
                             result)
            return it, records.read(text, types=names), path, result
        return end

    @staticmethod
    def of_one_length(rows):
        """Numbers always of as many digits, so that answers are as long."""
        return {name: f"{told:012}" if isinstance(told, int) else told
                for name, told in rows.items()}

    def answer(self):
        it = self.fake(tell_stats=self.of_one_length)
        return memc.servers.ask(
            it.address, b"version\r\nstats\r\nstats settings\r\nmn\r\n",
            (b"MN\r\n",))

    @both_ways
    def test_the_first_one(self, mode, resets):
        """A shard for each byte."""
        it, expected, path, result = self.begin_many(mode, resets, None,
                                                     False)()
        for item in expected.items:
            self.assertRegex(
                result.err, rf"E shard {item.type} \({it.address}\): (the "
                r"server closed the connection|cannot receive: Connection "
                r"reset by peer)\. Look what listens there\n")
        self.assertIn("nothing was loaded, no file was touched", result.err)
        self.assertEqual(it.sets, [])
        self.assert_kept(path, result)

    def end_last(self, mode, end):
        it, expected, path, result = end()
        self.assert_counts(result, expected, mode)
        self.assertEqual(it.items, {item.key: item.value
                                    for item in expected.items})
        self.assertIn("it does not answer: ", result.err)
        self.assert_renamed(path, result)

    def test_the_last_one(self):
        """It is asked again until the answer is whole."""
        def case(mode, resets):
            end = self.begin_many(mode, resets, 60, True)
            return lambda: self.end_last(mode, end)

        self.side_by_side(
            (f"{mode}, {'reset' if resets else 'end'}",
             functools.partial(case, mode, resets))
            for mode in memc.MODES for resets in (False, True))


class Reads(FakeTest):
    """What `verify` reads back: many shards on one fake, the reply to each
    one's get cut at a byte of its own."""

    # a census and a sample (of all), by an end of the stream and by a reset
    WAYS = tuple(itertools.product(("all", "1000"), (False, True)))

    def reply(self, name):
        """All that a get of a shard's two keys is answered."""
        it = self.fake()
        it.items = self.items(self.text([name]), [name])
        return memc.servers.ask(it.address, b"get %s\r\n" % b" ".join(
            it.items), (b"END\r\n",))

    @staticmethod
    def text(names):
        return b"".join(line(kind=name, ident=ident, apps="")
                        for name in names for ident in "ab")

    @staticmethod
    def items(text, names):
        return {item.key: item.value
                for item in records.read(text, types=names).items}

    def read_back(self, how, resets, *args, code=0):
        """Returns the result and {shard: what was said of its reply}; where
        it is to fail, nothing is said to those who ask again."""
        reply = self.reply("s000")
        names = [f"s{at:03}" for at in range(len(reply))]
        left = dict(zip(names, range(len(reply))))

        def cut_at(request):
            if request.verb == "get":
                name = request.key.split(b":")[0].decode()
                return left.pop(name, 0 if code else None)

        it = self.fake(cut_at=cut_at, cut_resets=resets)
        text = self.text(names)
        it.items = self.items(text, names)
        path = self.write("a.tsv.gz", text)
        result = self.verify("--verify", how, "--timeout",
                             str(memc.patience(20_000)), *args,
                             files=[path], code=code,
                             servers={name: it.address for name in names})
        told = [said for said in it.cut_off if said]
        self.assertEqual(sorted(map(len, told)),
                         list(range(1, len(reply))), result)
        self.assertEqual(left, {}, result)
        self.assert_kept(path, result)
        return result, {name: reply[:at] for at, name in enumerate(names)}

    def test_once(self):
        """Asked again for what was not read: all is found."""
        for how, resets in self.WAYS:
            with self.subTest(f"{how}, {'reset' if resets else 'end'}"):
                result, said = self.read_back(how, resets)
                found = result.summary["verify"]
                self.assertEqual((found["sampled"], found["matched"]),
                                 (2 * len(said), 2 * len(said)), result)

    def test_for_ever(self):
        """Read is what came whole before the cut; the rest is unreadable,
        and never missing."""
        size = len(self.reply("s000")[:-len(b"END\r\n")]) // 2
        for how, resets in self.WAYS:
            with self.subTest(f"{how}, {'reset' if resets else 'end'}"):
                result, said = self.read_back(how, resets, "--max-outage",
                                              "1", code=6)
                for row in result.summary["verify"]["shards"]:
                    whole = len(said[row["name"]]) // size
                    got = row["matched"]
                    # a reset may take with it what was not read yet
                    self.assertIn(got, range(whole + 1) if resets
                                  else (whole,), f"{row}\n{result}")
                    self.assertEqual(row["unreadable"], 2 - got, row)
                    self.assertEqual((row["missing"], row["different"]),
                                     (0, 0), row)


if __name__ == "__main__":
    memc.main()
