#!/usr/bin/python3
"""Input that wants to do harm: keys that are commands, values that look like
them, lines and gzip data without end. The servers tell what reached them."""

import os
import signal
import struct
import sys
import zlib

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import line, member  # noqa: E402

ALL_BAD = ("--max-error-rate", "1")

# what each would do to a server that takes it for a command
COMMANDS = [b"set idfa:evil 0 0 4", b"flush_all", b"delete idfa:victim",
            b"ms idfa:evil 4", b"verbosity 9", b"shutdown", b"quit",
            b"cache_memlimit 8", b"set idfa:victim 0 -1 4"]

# what memcached takes for the end of a word or of a command
SEPARATORS = [b" ", b"\r\n", b"\n", b"\r", b"\0", b"\t", b"\x0b", b"\x0c",
              b"\x7f", b"\x01"]


def hostile_ids():
    """Device ids in which a command hides."""
    for command in COMMANDS:
        for separator in SEPARATORS:
            yield b"x" + separator + command + separator + b"evil"
            # the end of the request's line, a value, the command
            yield (b"x 0 0 1" + separator + b"v" + separator + command
                   + separator)
        # 250 bytes and the command behind them: 1.6.18 refuses such a key
        # and then runs what it takes for the next line
        for n in (240, 245, 246, 300, 2000):
            yield b"k" * n + command
            yield b"k" * n + b"\r\n" + command + b"\r\nevil\r\n"
            yield b"k" * n


class Injection(memc.LoadTest):
    shards = records.TYPES

    def counters(self):
        names = ("cmd_flush", "cmd_get", "cmd_touch", "cmd_set",
                 "delete_hits", "delete_misses", "incr_misses", "pid",
                 "threads", "limit_maxbytes")
        return {kind: {name: int(stats[name]) for name in names}
                for kind, server in self.servers.items()
                for stats in [server.stats()]}

    def check_sent(self, text, mode):
        """Loads it; nothing but the items that the model names is set, and
        nothing at all is done besides."""
        expected = records.read(text)
        self.flush_all()
        for server in self.servers.values():
            server.put(b"idfa:victim", b"kept")
        before = self.counters()
        path = self.write(f"{mode}.tsv.gz", text)
        result = self.load(*ALL_BAD, "--no-canary", "--mode", mode,
                           files=[path])
        self.assert_counts(result, expected, mode)
        after = self.counters()
        want = expected.stored()
        for kind, server in self.servers.items():
            before[kind]["cmd_set"] += expected.count(kind)
            self.assertEqual(after[kind], before[kind], result)
            want.setdefault(kind, {})[b"idfa:victim"] = b"kept"
            # a connection that lost step would have been opened anew
            self.assertEqual(result.shard(kind)["reconnects"], 0, result)
        self.assert_holds(want, note=result)
        return expected

    def test_keys_that_are_commands(self):
        text = b"".join(
            line(kind="gaid", ident=f"good{n}") + line(ident=ident)
            for n, ident in enumerate(hostile_ids()))
        for mode in memc.MODES:
            with self.subTest(mode):
                expected = self.check_sent(text, mode)
                self.assertGreater(expected.rejects["bad_key"], 100)
                # a line end in a key makes two lines of one, none of them a
                # record
                self.assertGreater(expected.rejects["columns"], 100)
                self.assertNotIn(b"idfa:evil",
                                 {item.key for item in expected.items})

    def test_types_that_are_commands(self):
        text = b"".join(
            line(kind="gaid", ident=f"good{n}")
            + line(kind=b"idfa" + ident) + line(kind=ident)
            for n, ident in enumerate(hostile_ids()))
        for mode in memc.MODES:
            with self.subTest(mode):
                expected = self.check_sent(text, mode)
                self.assertEqual({item.type for item in expected.items},
                                 {"gaid"})

    def test_values_that_look_like_commands(self):
        """App ids and doubles whose bytes are line ends and commands."""
        text = b""
        for n, words in enumerate((b"\r\nmn\r\n", b"\nquit\r\n",
                                   b"\r\nHD\r\n", b"\r\nEND\r\n",
                                   b"\nSTORED\n", b"\r\nset \r\n")):
            words = words.rjust(8, b"\n")[:8]
            (number,) = struct.unpack("<d", words)
            # bytes 13 and 10 are ids of their own
            text += line(ident=f"{n}", lat=repr(number), lon=repr(number),
                         apps="13,10,109,110,13,10,3338,1290")
        for mode in memc.MODES:
            with self.subTest(mode):
                expected = self.check_sent(text, mode)
                self.assertEqual(len(expected.items), 6)
                for item in expected.items:
                    self.assertIn(b"\n", item.value)

    def test_keys_up_to_the_limit_are_taken(self):
        """250 bytes, all that a key may hold: no byte of it means anything."""
        letters = bytes(n for n in range(0x21, 0x100) if n != 0x7f)
        text = b"".join(line(ident=letters[at:] + letters[:at])
                        for at in range(0, len(letters), 7))
        text += line(ident="k" * 245)
        expected = records.read(text)
        self.assertEqual(expected.bad, [])
        for mode in memc.MODES:
            with self.subTest(mode):
                self.flush_all()
                path = self.write(f"{mode}.tsv.gz", text)
                result = self.load("--mode", mode, files=[path])
                self.assert_counts(result, expected, mode)
                self.assert_holds(expected.stored(), note=result)


MEGABYTE = 1 << 20


def endless(byte, megabytes, before=b"", after=b""):
    """One member: before, so many megabytes of one byte, after. Packed once a
    megabyte: a block of it can stand there any number of times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(byte * MEGABYTE)
    block += packer.flush(zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(before)
    for _ in range(megabytes):
        crc = zlib.crc32(byte * MEGABYTE, crc)
    crc = zlib.crc32(after, crc)
    size = len(before) + len(after) + megabytes * MEGABYTE
    first = zlib.compressobj(9, zlib.DEFLATED, -15)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
            + first.compress(before) + first.flush(zlib.Z_FULL_FLUSH)
            + block * megabytes + last.compress(after) + last.flush()
            + struct.pack("<II", crc, size & 0xffffffff))


class Endless(memc.LoadTest):
    """A gigabyte of text in a megabyte of gzip, and no memory for it."""

    shards = records.TYPES
    megabytes = 64
    # of text; a kilobyte of gzip each
    size = memc.scale(1024)

    def check_text(self, data, lines, *args, bad=(), blank=0, reason=None):
        """A file between good lines; the peak is what a worker may take."""
        self.flush_all()
        path = self.write("a.tsv.gz", data, is_gzip=False)
        out = self.dir / "rss"
        result = self.load(*ALL_BAD, *args, files=[path],
                           deadline=memc.patience(120),
                           command=memc.launcher(out),
                           code=1 if reason else 0)
        row = self.assert_file(result, path.name,
                               "failed" if reason else "done", reason)
        if reason:
            self.assert_kept(path, result)
        else:
            self.assert_renamed(path, result)
        self.assertEqual((row["lines"], row["blank"], row["rejected"]),
                         (lines, blank, len(bad)), result)
        self.assertEqual(row["stored"], lines - blank - len(bad))
        for number in bad:
            self.assert_line_told(result, path.name, number, "bad_line")
        if memc.MODE == "release":
            self.assertLessEqual(int(out.read_text()), 64 << 10, result)
        return result

    def assert_stored(self, *idents):
        text = b"".join(line(ident=ident) for ident in idents)
        self.assert_holds(records.read(text).stored())

    def test_a_line_without_end(self):
        data = endless(b"x", self.size, line(ident="1"))
        for inflate in ("isal", "zlib"):
            self.check_text(data, 2, "--inflate", inflate, bad=[2])
            self.assert_stored("1")

    def test_a_line_that_does_end(self):
        data = endless(b"x", self.size, line(ident="1"),
                       b"\n" + line(ident="2"))
        self.check_text(data, 3, bad=[2])
        self.assert_stored("1", "2")

    def test_a_line_that_breaks_off(self):
        data = endless(b"x", self.size, line(ident="1"))[:-8]
        self.check_text(data, 2, bad=[2], reason="truncated")
        self.assert_stored("1")

    def test_nothing_but_blanks(self):
        for byte in (b" ", b"\t"):
            data = endless(byte, self.size, line(ident="1"),
                           b"\n" + line(ident="2"))
            self.check_text(data, 3, blank=1)
            self.assert_stored("1", "2")

    def test_nothing_but_nul_bytes(self):
        data = endless(b"\0", self.size, line(ident="1"),
                       b"\n" + line(ident="2"))
        self.check_text(data, 3, bad=[2])
        self.assert_stored("1", "2")

    def test_nothing_but_line_ends(self):
        n = max(self.size // 64, 1)
        for byte in (b"\n", b"\r"):
            data = endless(byte, n, line(ident="1"), line(ident="2"))
            self.check_text(data, 2 + n * MEGABYTE, blank=n * MEGABYTE)
            self.assert_stored("1", "2")

    def test_a_line_of_many_members(self):
        part = member(b"x" * (16 * MEGABYTE), 9)
        data = (member(line(ident="1") + b"x") + part * (self.size // 16)
                + member(b"x\n" + line(ident="2")))
        self.check_text(data, 3, bad=[2])
        self.assert_stored("1", "2")

    def test_many_empty_members(self):
        n = memc.scale(200_000)
        data = (member(line(ident="1")) + member(b"") * n
                + member(line(ident="2")))
        self.check_text(data, 2)
        self.assert_stored("1", "2")

    def test_a_header_without_end(self):
        """A name of a gigabyte would be one; 64 MB of file will do."""
        n = memc.scale(64)
        data = (member(line(ident="1")) + b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"
                + b"n" * (n * MEGABYTE))
        self.check_text(data, 1, reason="truncated")
        self.assert_stored("1")

    def test_a_record_of_many_apps(self):
        """Within --max-line, and larger than any server takes."""
        apps = "1" + ",4294967295" * 180_000
        text = (line(ident="1") + line(ident="large", apps=apps)
                + line(ident="2"))
        path = self.write("a.tsv.gz", text)
        result = self.load(*ALL_BAD, "--max-line", "64MiB", files=[path])
        self.assert_counts(result, records.read(text, max_line=64 << 20))
        self.assertEqual(result.rejects, {"too_large": 1})
        self.assert_line_told(result, path.name, 2, "too_large")
        self.assert_stored("1", "2")


class Sample(memc.LoadTest):
    """What is read of a file before its load, though it has one line that
    takes minutes to be unpacked."""

    shards = records.TYPES
    SOON_S = 15

    def setUp(self):
        super().setUp()
        # 100 GiB of text, of the same member again and again
        self.path = self.write("a.tsv.gz", member(b"x" * (64 << 20)) * 1600,
                               is_gzip=False)

    def test_ends_in_time(self):
        self.doctor(files=[self.path], code=0,
                    deadline=memc.patience(self.SOON_S))

    def test_is_stopped(self):
        """A stop ends it, too, and the load after it."""
        running = self.start(files=[self.path])
        self.wait_while(running, lambda: self.has_open(running.pid),
                        "it is read")
        running.signal(signal.SIGTERM)
        result = self.check(running, 4, deadline=memc.patience(self.SOON_S))
        self.assert_file(result, "a.tsv.gz", "skipped", "interrupted")
        self.assert_kept(self.path, result)

    def has_open(self, pid):
        try:
            return any(os.readlink(f"/proc/{pid}/fd/{fd}") == str(self.path)
                       for fd in os.listdir(f"/proc/{pid}/fd"))
        except FileNotFoundError:
            return False


if __name__ == "__main__":
    memc.main()
