#!/usr/bin/python3
"""Files that are loaded again, because a server lost what it held of them,
where something else is the matter with them, or with others. A proxy in front
of shard gaid holds the load back; adid is what loses."""

import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/support")
import memc
import records


class Reloads(memc.LoadTest):
    shards = ("gaid", "adid")

    def setUp(self):
        super().setUp()
        self.gaid = self.proxy(self.servers["gaid"].address)
        self.adid = self.servers["adid"]
        self.mine = {"gaid": self.gaid, "adid": self.adid}

    def file(self, name, seed, *types):
        """A file, and what it holds."""
        text = records.generate(memc.scale(2000, 200), seed, types=types)
        return self.write(name, text), text

    def begin(self, *args, **more):
        """A load that is held at its first bytes for gaid."""
        self.gaid.hold_after(1000)
        running = self.start(*args, servers=self.mine, **more)
        self.gaid.wait_held()
        return running

    def wait_said(self, running, what):
        memc.wait_until(lambda: what in running.said(), f"it says: {what}")


class Renames(Reloads):
    """A file that could not get its dot is loaded again."""

    def reload(self, code, before_release=lambda: None):
        a, first = self.file("a.tsv.gz", 1, "adid")
        b, second = self.file("b.tsv.gz", 2, "gaid")
        there = self.write(".a.tsv.gz", b"precious", is_gzip=False)
        expected = records.read(first + second)
        running = self.begin("--processes", "1", files=[a, b])
        self.wait_said(running, "a.tsv.gz: failed (rename)")
        self.adid.flush()
        before_release()
        self.gaid.release()
        result = self.check(running, code)
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored(), note=result)
        row = result.shard("adid")
        self.assertEqual((row["reloaded"], row["lost"]),
                         (expected.count("adid"), 0), result)
        self.assert_file(result, "b.tsv.gz", "done")
        self.assert_renamed(b)
        return a, there, result

    def test_the_dot_name_is_still_taken(self):
        a, there, result = self.reload(1)
        row = self.assert_file(result, "a.tsv.gz", "failed", "rename")
        self.assertIsNone(row["renamed_to"], result)
        self.assertTrue(a.exists())
        self.assertEqual(there.read_bytes(), b"precious")

    def test_the_dot_name_is_free_by_then(self):
        a, there, result = self.reload(
            0, lambda: (self.dir / ".a.tsv.gz").unlink())
        row = self.assert_file(result, "a.tsv.gz", "done")
        self.assertEqual(row["renamed_to"], str(there), result)
        self.assert_renamed(a)


if __name__ == "__main__":
    memc.main()
