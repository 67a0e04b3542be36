#!/usr/bin/python3
"""Connections that lie idle until a firewall forgets them: what comes on them
from then on is dropped, nobody is told, and new ones pass."""

import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402

# more than the idle time after which a connection is asked for an answer
IDLE_S = 1.3


class Idle(memc.LoadTest):
    """Standard input pauses while all that was read is acknowledged."""

    shards = ("idfa",)

    def setUp(self):
        super().setUp()
        self.texts = [records.generate(1000, seed, types=("idfa",))
                      for seed in (61, 62, 63)]
        self.expected = records.read(b"".join(self.texts))

    def begin(self, mode):
        server = self.server("idfa" + mode)
        it = self.proxy(server.address)
        running = self.start(
            "--mode", mode, "--window", "4KiB", "--batch", "100",
            "--connections", "2", *memc.HASTY, "--max-outage", "2", "-",
            stdin=b"", servers={"idfa": it})
        return server, it, running

    def feed(self, running, server, part):
        """All of this part is stored, but for what no other line pushes on,
        and then nothing happens for some time."""
        before = server.counter("cmd_set")
        running.feed(self.texts[part], last=False)
        self.wait_while(running,
                        lambda: server.counter("cmd_set") > before + 500,
                        "that is stored")
        memc.hold_for(IDLE_S)

    def go_on(self, mode, begun, disturb):
        server, it, running = begun
        for part in (0, 1):
            self.feed(running, server, part)
            disturb(it)
        running.feed(self.texts[2])
        result = self.check(running)
        self.assert_counts(result, self.expected, mode)
        self.assert_holds(self.expected.stored(), {"idfa": server}, result)
        return result

    def all_modes(self, disturb):
        """A Result a mode: all is stored, whatever disturb(proxy) does in
        each pause."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ends = [pool.submit(self.go_on, mode, self.begin(mode), disturb)
                    for mode in memc.MODES]
        return [end.result() for end in ends]

    def test_forgotten(self):
        """Nothing of ours is unanswered on the old ones, so nobody waits for
        their end, which never comes."""
        for result in self.all_modes(lambda it: it.forget()):
            # two connections, forgotten twice
            self.assertEqual(result.shard("idfa")["reconnects"], 4, result)
            self.assertIn("while idle: no answer", result.err)

    def test_undisturbed(self):
        """They are asked, answer, and are used on."""
        for result in self.all_modes(lambda it: None):
            self.assertEqual(result.shard("idfa")["reconnects"], 0, result)
            self.assertNotIn("while idle", result.err)


if __name__ == "__main__":
    memc.main()
