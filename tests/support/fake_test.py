"""Loads into one fake shard, for the tests of what a fake says and does."""

import memc
import records


class FakeTest(memc.LoadTest):
    """Loads into one fake shard."""

    def into(self, it, text, *args, code=0, **more):
        path = self.dir / f"{self.n_runs}.tsv.gz"
        path.write_bytes(records.member(text))
        return path, self.load(*args, files=[path], servers={"idfa": it},
                               code=code, **more)

    def assert_all_stored(self, it, text, *args, mode="multi"):
        return self.begin(it, text, *args, mode=mode)()

    def begin(self, it, text, *args, mode="multi"):
        """Starts a load that must store everything; the function returned
        waits for it and says so."""
        path = self.dir / f"{self.n_runs}.tsv.gz"
        path.write_bytes(records.member(text))
        running = self.start("--mode", mode, *args, files=[path],
                             servers={"idfa": it})
        return lambda: self.assert_stored(it, text, path, mode,
                                          self.check(running))

    def side_by_side(self, cases):
        """Runs cases, each a name and a function that begins a load, some at
        a time: they wait most of the time."""
        cases = list(cases)
        for at in range(0, len(cases), 6):
            begun = [(name, begin()) for name, begin in cases[at:at + 6]]
            for name, end in begun:
                with self.subTest(name):
                    end()

    def assert_stored(self, it, text, path, mode, result):
        self.assert_counts(result, records.read(text), mode)
        want = records.read(text).stored().get("idfa", {})
        if it.items != want:
            self.fail(memc.differences(want, it.items) + f"\n{result}")
        self.assert_file(result, path.name, "done")
        self.assert_renamed(path)
        return result
