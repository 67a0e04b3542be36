#!/usr/bin/python3
"""What people see of `get`: items, and what stands for those that are not
there; the exit status."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402
from records import generate, line  # noqa: E402


class Gets(memc.LoadTest):
    shards = records.TYPES

    def test_items_are_told_decoded(self):
        text = line(apps="1,2") + line(kind="dvid", ident="x", apps="")
        self.load(files=[self.write("a.tsv.gz", text)])
        result = self.load("get", "idfa:1", "dvid:x", summary=False)
        self.assertEqual(result.out.splitlines(), [
            f"{self.servers['idfa'].address} - idfa:1 -> "
            "apps: 1 apps: 2 lat: 55.1 lon: 55.1",
            f"{self.servers['dvid'].address} - dvid:x -> lat: 55.1 lon: 55.1",
        ])

    def test_a_key_that_is_not_there(self):
        self.load(files=[self.write("a.tsv.gz", line())])
        result = self.load("get", "idfa:none", "idfa:1", summary=False,
                           code=1)
        self.assertIn("idfa:none", result.err)
        self.assertIn(" - idfa:1 -> ", result.out)

    def test_a_value_that_is_no_record(self):
        self.servers["idfa"].put(b"idfa:odd", b"\xff\xff")
        result = self.load("get", "idfa:odd", summary=False, code=1)
        self.assertIn("idfa:odd", result.err)

    def test_a_key_of_no_shard(self):
        result = self.load("get", "ipad:1", summary=False, code=2)
        self.assertIn("ipad", result.err)
        self.assertIn("idfa, gaid, adid, dvid", result.err)

    def test_keys_that_are_none_keep_no_other_from_being_read(self):
        self.load(files=[self.write("a.tsv.gz", line())])
        result = self.load("get", "ipad:1", "idfa:none", "idfa:a b", "idfa:1",
                           "no-colon", "idfa:" + "x" * 246, "",
                           summary=False, code=2)
        said = result.err.splitlines()
        for text, what in zip(said, (
                "ipad:1", "idfa:none: not found", "idfa:a b", "no-colon",
                "idfa:xxx", '""')):
            self.assertIn(what, text)
        self.assertEqual(len(said), 6, result)
        self.assertEqual(len(result.out.splitlines()), 1)
        self.assertIn(" - idfa:1 -> ", result.out)

    def test_the_first_status_of_the_contract_that_applies(self):
        """2 a key that is none, 3 a server out of reach, 1 not there."""
        gone = {"idfa": f"127.0.0.1:{servers.free_port()}"}
        for keys, code in ((["idfa:1", "gaid:1"], 3), (["gaid:1"], 1),
                           (["gaid:1", "idfa:1", "x"], 2)):
            with self.subTest(keys):
                self.load("get", *keys, summary=False, code=code,
                          servers={**self.servers, **gone})

    def test_a_pool_is_asked_at_the_right_place(self):
        pool = ",".join(s.address for s in self.servers.values())
        text = generate(40, 7, types=("idfa",), apps=(1, 3))
        self.load(files=[self.write("a.tsv.gz", text)],
                  servers={"idfa": pool})
        keys = [item.key.decode() for item in records.read(text).items]
        result = self.load("get", *keys, summary=False,
                           servers={"idfa": pool})
        self.assertEqual(len(result.out.splitlines()), 40)

    def test_no_server(self):
        address = f"127.0.0.1:{servers.free_port()}"
        result = self.load("get", "idfa:1", summary=False, code=3,
                           servers={"idfa": address})
        self.assertEqual(
            result.err, f"memc_load: idfa:1: cannot be read from {address}: "
            "cannot connect: Connection refused\n")


if __name__ == "__main__":
    memc.main()
