#!/usr/bin/python3
"""What is stored, byte for byte: the vector of the contract, many generated
lines in every mode, and the same bytes whatever the threads, connections,
batches, windows, inflaters and kinds of input."""

import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402

VECTOR = bytes.fromhex("08 01 08 02 08 03 11 cd cc cc cc cc 8c 4b 40"
                       "19 cd cc cc cc cc 8c 4b 40")


class Vector(memc.LoadTest):
    shards = ("idfa",)

    def test_the_24_bytes_in_every_mode(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                path = self.write(f"{mode}.tsv.gz", records.line(ident=mode))
                self.load("--mode", mode, files=[path])
                key = f"idfa:{mode}".encode()
                got = servers.read_items(self.servers["idfa"].address, [key])
                self.assertEqual(got, {key: (VECTOR, 0, -1)})

    def test_numbers_are_those_of_strtod(self):
        numbers = ["0", "-0", "+1.5", "1e3", "-.5", "5.", "1e-320", "90",
                   "0.1", "4.9406564584124654e-324", "2.2250738585072011e-308",
                   "9007199254740993", "0.3000000000000000444089209850062616",
                   "1.7976931348623157e308", "1" + "0" * 300, "1e-400",
                   "123456789012345678901234567890e-25", "00000000000012.5"]
        lines = b"".join(records.line(ident=str(n), lat=text, lon="-" + text
                                      if text[0] not in "+-" else text)
                         for n, text in enumerate(numbers))
        expected = records.read(lines, types=("idfa",))
        self.assertEqual(len(expected.items), len(numbers))
        result = self.load(files=[self.write("a.tsv.gz", lines)])
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored())

    def test_app_ids_of_every_size(self):
        ids = [0, 1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455,
               268435456, 2147483648, 4294967295]
        text = records.line(apps=",".join(map(str, ids + ids)))
        text += records.line(ident="blanks", apps=" 1, 2 ,  007,3 ")
        text += records.line(ident="none", apps="")
        text += records.line(ident="many", apps=",".join(["9999"] * 20000))
        expected = records.read(text)
        self.assertEqual(expected.skipped_app, 0)
        result = self.load(files=[self.write("a.tsv.gz", text)])
        self.assert_counts(result, expected)
        self.assert_holds(expected.stored())
        value = self.servers["idfa"].items([b"idfa:1"])[b"idfa:1"]
        self.assertEqual(records.unpack(value)[0], ids + ids)


class Generated(memc.LoadTest):
    """Many lines, a tenth of their keys twice."""

    shards = records.TYPES
    megabytes = 512

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        n = memc.scale(100_000, least=2000)
        cls.text = records.generate(n, 11)
        cls.text += records.generate(n // 10, 11, first=0, apps=(1, 5))
        cls.expected = records.read(cls.text)
        cls.gz = records.member(cls.text)

    def check_mode(self, mode, *args):
        path = self.write("a.tsv.gz", self.gz, is_gzip=False)
        result = self.load("--mode", mode, *args, files=[path])
        self.assert_counts(result, self.expected, mode)
        self.assert_holds(self.expected.stored(), note=result)
        self.assert_renamed(path, result)

    def test_multi(self):
        self.check_mode("multi")

    def test_noreply(self):
        self.check_mode("noreply")

    def test_set(self):
        self.check_mode("set", "--connections", "4")

    def test_another_decoder_reads_what_was_sent(self):
        """google.protobuf, made from proto/appsinstalled.proto alone."""
        message = google_message(self.dir)
        if message is None:
            self.skipTest("python3-protobuf is not there")
        self.check_mode("multi", "--threads", "2")
        rows = {}
        for line in records.split_lines(self.text):
            kind, ident, lat, lon, apps = line.decode().split("\t")
            rows.setdefault(kind, {})[f"{kind}:{ident}".encode()] = (
                lat, lon, apps)
        for kind, server in self.servers.items():
            values = server.items(rows[kind])
            for key, (lat, lon, apps) in rows[kind].items():
                got = message.FromString(values[key])
                self.assertEqual(
                    (got.lat, got.lon, ",".join(map(str, got.apps))),
                    (float(lat), float(lon), apps), key)

    def test_our_own_decoder_reads_what_was_sent(self):
        path = self.write("a.tsv.gz", self.text[:400_000])
        self.load(files=[path], code=None)
        lines = records.split_lines(self.text[:400_000])[:-1]
        rows = {}
        for line in lines:
            kind, ident, lat, lon, apps = line.decode().split("\t")
            rows.setdefault(kind, {})[f"{kind}:{ident}".encode()] = (
                [int(app) for app in apps.split(",")], float(lat), float(lon))
        for kind, want in rows.items():
            got = self.servers[kind].items(want)
            self.assertEqual(
                {key: records.unpack(value) for key, value in got.items()},
                want)


def google_message(directory):
    """The class UserApps, or None without the library."""
    try:
        from google.protobuf import descriptor_pb2, descriptor_pool
        from google.protobuf import message_factory
    except ImportError:
        return None
    out = directory / "descriptors"
    subprocess.run(
        ["protoc", f"--proto_path={memc.ROOT / 'proto'}",
         f"--descriptor_set_out={out}", "appsinstalled.proto"], check=True)
    files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    found = pool.FindMessageTypeByName("UserApps")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(found)
    return message_factory.MessageFactory(pool).GetPrototype(found)


class Variants(memc.LoadTest):
    """The same bytes in all ways, with keys that come three times each."""

    shards = records.TYPES

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        n = memc.scale(6000, least=300)
        cls.text = records.generate(n, 5, keys=n // 12)
        cls.expected = records.read(cls.text)

    def same(self, *args, text=None, mode="multi", **more):
        if "files" not in more and "stdin" not in more:
            more["files"] = [self.write("a.tsv.gz", text or self.text)]
        result = self.load("--mode", mode, *args, **more)
        self.assert_counts(result, self.expected, mode)
        self.assert_holds(self.expected.stored(), note=result)
        self.flush_all()
        return result

    def in_all_modes(self, option, *values):
        for mode in memc.MODES:
            for value in values:
                with self.subTest(f"{mode} {option} {value}"):
                    self.same(option, value, mode=mode)

    def test_threads(self):
        self.in_all_modes("--threads", "0", "1", "4")

    def test_connections(self):
        self.in_all_modes("--connections", "1", "3")

    def test_batches(self):
        self.in_all_modes("--batch", "1", "7", "20000")

    def test_windows(self):
        for window in ("1KiB", "256KiB", "1MiB"):
            for mode in ("multi", "noreply"):
                with self.subTest(f"{mode} {window}"):
                    self.same("--window", window, mode=mode)

    def test_everything_small_and_wide_at_once(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                self.same("--threads", "3", "--connections", "3", "--batch",
                          "11", "--window", "1KiB", mode=mode)

    def test_inflaters(self):
        for inflate in ("isal", "zlib"):
            for level in (1, 6, 9):
                with self.subTest(f"{inflate} level {level}"):
                    path = self.write(f"{inflate}{level}.tsv.gz",
                                      records.member(self.text, level),
                                      is_gzip=False)
                    self.same("--inflate", inflate, files=[path])

    def test_plain_text(self):
        self.same(files=[self.write("a.tsv", self.text, is_gzip=False)])

    def test_standard_input(self):
        for name, text in (("text", self.text),
                           ("gzip", records.member(self.text))):
            with self.subTest(name):
                result = self.same(files=["-"], stdin=text)
                row = result.file()
                self.assertEqual((row["path"], row["status"]), ("-", "done"))
                self.assertFalse(row.get("renamed_to"), result)

    def test_line_ends(self):
        lines = records.split_lines(self.text)
        mixed = b"".join(line + (b"\n", b"\r\n", b"\r")[at % 3]
                         for at, line in enumerate(lines))
        for name, text in (
                ("LF, none at the end", self.text[:-1]),
                ("CRLF", self.text.replace(b"\n", b"\r\n")),
                ("CR", self.text.replace(b"\n", b"\r")),
                ("mixed", mixed), ("a BOM", b"\xef\xbb\xbf" + self.text)):
            for batch in ("7", "20000"):
                with self.subTest(f"{name}, batches of {batch}"):
                    self.same("--batch", batch, text=text)

    def test_several_files_in_several_processes(self):
        lines = records.split_lines(self.text)
        expected = records.Expected()
        files = []
        for at in range(4):
            part = records.generate(len(lines) // 4, 20 + at)
            files.append(self.write(f"{at}.tsv.gz", part))
            got = records.read(part)
            expected.lines += got.lines
            expected.items += got.items
        for processes in ("1", "3", "9"):
            with self.subTest(processes):
                result = self.load("--processes", processes, "--no-rename",
                                   files=files)
                self.assert_counts(result, expected)
                self.assert_holds(expected.stored(), note=result)
                self.assertEqual(result.totals["files_done"], 4)

    def test_short_options_of_the_default_shards(self):
        args = []
        for name, server in self.servers.items():
            args += [f"--{name}={server.address}"]
        self.same(*args, servers={})


class Pools(memc.LoadTest):
    """A shard of several addresses."""

    shards = ("one", "two", "three")

    def test_each_key_goes_to_one_server_in_all_modes(self):
        text = records.generate(memc.scale(3000, 200), 9, keys=500,
                                types=("idfa",))
        expected = records.read(text).stored()["idfa"]
        pool = ",".join(s.address for s in self.servers.values())
        places = None
        for mode in memc.MODES:
            path = self.write("a.tsv.gz", text)
            result = self.load("--mode", mode, files=[path],
                               servers={"idfa": pool})
            found, now = {}, {}
            for name, server in self.servers.items():
                items = server.items(expected)
                now[name] = set(items)
                found.update(items)
                server.flush()
            self.assertEqual(found, expected, result)
            self.assertEqual(sum(map(len, now.values())), len(expected),
                             "a key is in two places")
            self.assertTrue(all(now.values()), "a server got nothing")
            self.assertEqual(now, places or now)
            places = now


class Expiry(memc.LoadTest):
    shards = ("idfa",)
    DAYS_30 = 30 * 24 * 3600

    def ttl_of(self, *args, **more):
        path = self.write("a.tsv.gz", records.line())
        started = time.time()
        self.load(*args, files=[path], **more)
        spent = int(time.time() - started) + 2
        got = servers.read_items(self.servers["idfa"].address, [b"idfa:1"])
        self.assertIn(b"idfa:1", got)
        value, flags, ttl = got[b"idfa:1"]
        self.assertEqual((value, flags), (VECTOR, 0))
        return ttl, spent

    def test_items_expire_when_they_should(self):
        for mode in memc.MODES:
            for want in (100, self.DAYS_30, self.DAYS_30 + 1,
                         366 * 24 * 3600):
                with self.subTest(f"{mode} {want}"):
                    ttl, spent = self.ttl_of("--mode", mode, "--ttl",
                                             str(want))
                    self.assertLessEqual(ttl, want + 1)
                    self.assertGreaterEqual(ttl, want - spent)

    @unittest.skipUnless(memc.CAN_PRELOAD, "its clock is set by preloading")
    def test_by_the_clock_of_the_server(self):
        """The loader's is wrong by more than the time to live."""
        preload = str(memc.SUPPORT / "odd_preload.so")
        want = self.DAYS_30 + 1000
        for mode in memc.MODES:
            for ahead in (-100, 100):
                with self.subTest(f"{mode}, {ahead} days"):
                    ttl, spent = self.ttl_of(
                        "--mode", mode, "--ttl", str(want),
                        env={"LD_PRELOAD": preload,
                             "FAKE_AHEAD_S": str(ahead * 24 * 3600)})
                    self.assertLessEqual(ttl, want + 2)
                    self.assertGreaterEqual(ttl, want - spent)

    def test_without_it_they_stay(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                self.assertEqual(self.ttl_of("--mode", mode)[0], -1)


if __name__ == "__main__":
    memc.main()
