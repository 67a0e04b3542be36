#!/usr/bin/python3
"""A mapping's flags: beside every value, whatever the mode and the server, in
the size that an item may have, and looked at when items are read back."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402

N = 300
TEXT = b"".join(b"k%d\tvalue %d\n" % (i, i) for i in range(N))
MAPPING = """\
input: {{format: tsv, columns: [key, value]}}
record: {{format: raw, column: value, flags: {flags}}}
key: "{{key}}"
route: {{hash: key}}
servers: {{one: "{address}"}}
"""


class Flags(memc.LoadTest):
    # called so, lest the harness add the default shards
    shards = ("one",)

    def mapping(self, flags):
        path = self.dir / f"flags{flags}.yml"
        path.write_text(MAPPING.format(
            flags=flags, address=self.servers["one"].address))
        return path

    def load_with(self, flags, *args, **more):
        return self.load("--mapping", self.mapping(flags), "--no-rename",
                         *args, **more)

    def assert_held(self, flags):
        held = servers.read_items(self.servers["one"].address,
                                  [b"k%d" % i for i in range(N)])
        self.assertEqual(held, {b"k%d" % i: (b"value %d" % i, flags, -1)
                                for i in range(N)})

    def test_every_mode_keeps_them(self):
        path = self.write("a.tsv", TEXT, is_gzip=False)
        for flags in (0, 1, 65536, 4294967295):
            for mode in ("set", "multi", "noreply"):
                with self.subTest(flags=flags, mode=mode):
                    self.flush_all()
                    result = self.load_with(flags, "--mode", mode,
                                            "--verify", "100", files=[path])
                    self.assertEqual(result.summary["verify"]["matched"], 100)
                    self.assert_held(flags)

    def test_a_server_without_meta_commands_keeps_them(self):
        fake = self.fake(version="1.4.15")
        path = self.write("a.tsv", TEXT, is_gzip=False)
        for mode in ("set", "multi", "noreply"):
            with self.subTest(mode):
                self.load_with(7, "--mode", mode, files=[path],
                               servers={"one": fake.address})
                self.assertEqual(fake.flags, {b"k%d" % i: 7
                                              for i in range(N)})

    def test_other_flags_are_told_when_read_back(self):
        path = self.write("a.tsv", TEXT, is_gzip=False)
        self.load_with(2, files=[path])
        for count in (str(N), "all"):
            for flags in (0, 3):
                with self.subTest(count=count, flags=flags):
                    result = self.verify(
                        "--mapping", self.mapping(flags), "--verify", count,
                        code=6, files=[path])
                    self.assertEqual(result.summary["verify"]["different"], N)
            result = self.verify("--mapping", self.mapping(2), "--verify",
                                 count, files=[path])
            self.assertEqual(result.summary["verify"]["matched"], N)

    def test_an_item_may_be_four_bytes_smaller_with_them(self):
        for flags, overhead in ((0, records.ITEM_OVERHEAD),
                                (1, records.ITEM_OVERHEAD + 4)):
            with self.subTest(flags):
                size = records.ITEM_MAX - overhead - len("fits")
                path = self.write("a.tsv", b"fits\t" + b"x" * size + b"\n"
                                  b"over\t" + b"x" * (size + 1) + b"\n",
                                  is_gzip=False)
                result = self.load_with(flags, "--max-error-rate", "1",
                                        "--max-line", "2MiB", files=[path])
                self.assertEqual(result.rejects, {"too_large": 1}, result)
                held = servers.read_items(self.servers["one"].address,
                                          [b"fits", b"over"])
                self.assertEqual(held, {b"fits": (b"x" * size, flags, -1)})


if __name__ == "__main__":
    memc.main()
