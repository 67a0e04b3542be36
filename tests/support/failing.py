"""What fail_preload.so is told, and what it tells: see fail_preload.c for the
words of a failure, KIND:N[+]:ERRNO:WHO."""

import struct

from memc import SUPPORT

PRELOAD = SUPPORT / "fail_preload.so"
ROW = struct.Struct("16s3Q")
SIZE = 4096
WHO = ("supervisor", "worker", "reading")


class Failing:
    """Of one run at a time; its calls are counted in a file at `path`."""

    def __init__(self, path):
        self.path = path

    def env(self, failure=""):
        """For the run to come."""
        with open(self.path, "wb") as calls:
            calls.write(bytes(SIZE))
        return {"LD_PRELOAD": str(PRELOAD), "MEMC_FAIL_CALLS": str(self.path),
                "MEMC_FAIL": failure}

    def count(self):
        """({(kind, who): calls}, failures made)"""
        with open(self.path, "rb") as calls:
            rows = list(ROW.iter_unpack(calls.read(SIZE // ROW.size
                                                   * ROW.size)))
        found = {(row[0].rstrip(b"\0").decode(), who): n
                 for row in rows if row[0].rstrip(b"\0")
                 for who, n in zip(WHO, row[1:])}
        made = sum(found.pop(("failures", who), 0) for who in WHO)
        return found, made
