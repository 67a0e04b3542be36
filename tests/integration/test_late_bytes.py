#!/usr/bin/python3
"""What a connection had taken when it was reset is applied later, after what
was sent on the next one: the last line of a key wins all the same."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import late  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402


class LateBytes(memc.LoadTest):
    shards = ("idfa",)

    def setUp(self):
        super().setUp()
        # the value of a key's line is its number: each key has many
        n = memc.scale(4000, 1000)
        self.text = b"".join(b"idfa\tkey%03d\t%d\t%d\t%d,%d\n"
                             % (i % 100, i // 100, i // 100, i, i + 1)
                             for i in range(n))
        self.last = records.read(self.text).stored()["idfa"]
        # so that windows with all before it are full, and are sent while more
        # may come; and past the bytes that are looked at before any is sent
        self.text += b"".join(b"idfa\tfiller%d\t1\t2\t3\n" % i
                              for i in range(1000)) + b"\n" * 70_000
        self.expected = records.read(self.text)

    def check_mode(self, mode, n_passed, n_taken, *args):
        server = self.servers["idfa"]
        it = late.Late(server.address, n_passed, n_taken)
        self.addCleanup(it.stop)
        before = server.counter("cmd_set")
        running = self.start("--mode", mode, "--batch", "200", "--window",
                             "4KiB", *args, files=["-"],
                             servers={"idfa": it}, stdin=b"")
        running.feed(self.text, last=False)
        it.wait_reset()
        # all of it was stored on the next connection
        last = dict(self.last)
        memc.wait_until(lambda: server.items(last) == last
                        and server.sets_after(before) >= n_passed // 100,
                        "the last lines are there")
        it.arrive()
        overtaken = server.items(last) != last
        running.feed(b"", last=True)
        result = self.check(running)
        self.assert_counts(result, self.expected, mode)
        self.assert_holds(self.expected.stored(), note=result)
        self.assertGreater(result.shard("idfa")["reconnects"], 0)
        if overtaken:
            self.assertRegex(result.err, r"W shard idfa .*came late: [\d,]+ "
                             r"records? stored again")
        self.flush_all()
        return overtaken

    def test_multi(self):
        self.assertTrue(self.check_mode("multi", 500, 8000))

    def test_multi_with_threads(self):
        self.assertTrue(self.check_mode("multi", 500, 8000, "--threads", "2",
                                        "--connections", "1"))

    def test_noreply(self):
        self.assertTrue(self.check_mode("noreply", 500, 8000))

    def test_set(self):
        """One item at a time is in flight there."""
        self.assertTrue(self.check_mode("set", 500, 60))

    def test_nothing_came_late(self):
        """The control."""
        path = self.write("a.tsv", self.text)
        for mode in memc.MODES:
            with self.subTest(mode):
                result = self.load("--mode", mode, "--no-rename", files=[path])
                self.assertNotIn("came late", result.err)
                self.assert_holds(self.expected.stored(), note=result)

    def test_of_others_nothing_is_overwritten(self):
        """A value that was never in flight is another client's."""
        server = self.servers["idfa"]
        it = late.Late(server.address, 500, 8000)
        self.addCleanup(it.stop)
        running = self.start("--batch", "200", "--window", "4KiB",
                             files=["-"], servers={"idfa": it}, stdin=b"")
        running.feed(self.text, last=False)
        it.wait_reset()
        last = dict(self.last)
        memc.wait_until(lambda: server.items(last) == last,
                        "the last lines are there")
        it.arrive()
        server.put(b"idfa:key010", b"of another client")
        running.feed(b"", last=True)
        result = self.check(running)
        last[b"idfa:key010"] = b"of another client"
        self.assertEqual(server.items(last), last, result)


if __name__ == "__main__":
    memc.main()
