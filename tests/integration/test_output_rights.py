#!/usr/bin/python3
"""Who may read what a load writes."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402


class Rights(memc.LoadTest):
    """Log and summary quote names and parts of lines: nobody may read them who
    may not read the inputs."""

    shards = ("idfa",)

    def check_rights(self, wanted, *inputs, directory=None):
        where = self.dir / "out"
        where.mkdir(exist_ok=True)
        if directory:
            os.chown(where, -1, directory)
            where.chmod(0o2777)
        paths = []
        for i, (mode, group) in enumerate(inputs):
            path = self.write(f"{i}.tsv", b"idfa\tk\t1\t2\t3\n")
            path.chmod(mode)
            if group is not None:
                os.chown(path, -1, group)
            paths.append(path)
        outputs = [where / "log", where / "summary"]
        self.load("--dry", "--log", outputs[0], "--summary", outputs[1],
                  files=paths, summary=False)
        for path in outputs:
            self.assertEqual(oct(path.stat().st_mode & 0o777), oct(wanted))
            path.unlink()

    def setUp(self):
        super().setUp()
        self.addCleanup(os.umask, os.umask(0))

    def test_no_more_than_all_inputs_give(self):
        for wanted, *modes in ((0o666, 0o666), (0o644, 0o644, 0o666),
                               (0o640, 0o640, 0o644), (0o600, 0o600, 0o666),
                               (0o600, 0o400)):
            with self.subTest(modes=modes):
                self.check_rights(wanted, *((mode, None) for mode in modes))

    def test_not_to_another_group(self):
        if os.geteuid() != 0:
            self.skipTest("only root gives files to other groups")
        self.check_rights(0o600, (0o640, 12345))
        self.check_rights(0o600, (0o604, 12345))
        self.check_rights(0o644, (0o644, 12345))

    def test_not_to_the_group_of_their_directory(self):
        if os.geteuid() != 0:
            self.skipTest("only root gives files to other groups")
        self.check_rights(0o600, (0o640, None), directory=12345)
        self.check_rights(0o640, (0o640, 12345), directory=12345)


if __name__ == "__main__":
    memc.main()
