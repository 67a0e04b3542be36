#!/usr/bin/python3
"""What people see of `load`: dry runs, the log and its levels, the report and
the summary, the config file."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import records  # noqa: E402
from records import generate, line  # noqa: E402

NOWHERE = "127.0.0.1:9"  # nobody listens there; a dry run must not mind


class Dry(memc.LoadTest):
    def dry(self, text, *args, **more):
        path = self.write("a.tsv.gz", text)
        more.setdefault("servers", {kind: NOWHERE for kind in records.TYPES})
        result = self.load("--dry", *args, files=[path], **more)
        self.assert_kept(path, result)
        return result

    def test_all_is_done_but_nothing_sent_or_renamed(self):
        text = generate(3000, 1) + b"\n" + b"x\n" + line(lat="91")
        expected = records.read(text)
        for args in ((), ("--threads", "2", "--connections", "3"),
                     ("--mode", "set"), ("--mode", "noreply"),
                     ("--batch", "7", "--window", "1KiB")):
            with self.subTest(args):
                result = self.dry(text, *args)
                self.assert_counts(result, expected, "dry")
                self.assertEqual(result.summary["mode"], "dry")
                self.assert_file(result, "a.tsv.gz", "done")
                self.assertFalse(result.file().get("renamed_to"))

    def test_it_connects_to_nothing(self):
        it = self.fake()
        self.dry(generate(100, 2, types=("idfa",)), servers={"idfa": it})
        self.assertEqual(it.n_connections, 0)

    def test_without_any_server_named(self):
        self.dry(generate(100, 3), servers={})

    def test_errors_count_as_in_a_load(self):
        path = self.write("a.tsv.gz", b"x\n" + line())
        result = self.load("--dry", files=[path], servers={}, code=1)
        self.assert_file(result, "a.tsv.gz", "failed")

    def items_told(self, result):
        return [text for level, text in result.log("D") if " -> " in text]

    def test_each_item_is_a_line_with_v(self):
        text = (line(apps="1,2")
                + line(kind="gaid", ident="x:y", lat="-0.5", lon="1e3",
                       apps="")
                + line(ident="2", lat="137.4", lon="0.1", apps="4294967295")
                + line(kind="dvid", lat="40.12345678901234", lon="-179",
                       apps="7,x,8"))
        for args in (("-v",), ("--verbose", "--threads", "2")):
            result = self.dry(text, *args)
            self.assertEqual(sorted(self.items_told(result)), sorted([
                f"{NOWHERE} - idfa:1 -> apps: 1 apps: 2 lat: 55.1 lon: 55.1",
                f"{NOWHERE} - gaid:x:y -> lat: -0.5 lon: 1000",
                f"{NOWHERE} - idfa:2 -> apps: 4294967295 lat: 137.4 lon: 0.1",
                f"{NOWHERE} - dvid:1 -> apps: 7 apps: 8 "
                "lat: 40.12345678901234 lon: -179",
            ]))

    def test_numbers_are_told_so_that_they_read_back(self):
        text = generate(200, 4, types=("idfa",), apps=(1, 3))
        want = {item.key.decode(): records.unpack(item.value)[1:]
                for item in records.read(text).items}
        got = {}
        for told in self.items_told(self.dry(text, "-v")):
            key, lat, lon = re.search(
                r" - (\S+) -> .*lat: (\S+) lon: (\S+)$", told).groups()
            got[key] = (float(lat), float(lon))
        self.assertEqual(got, want)

    def test_without_v_no_item_is_told(self):
        result = self.dry(line())
        self.assertEqual(result.log("D"), [])

    def test_items_without_servers_named_are_told_with_the_defaults(self):
        result = self.dry(line(), "-v", servers={})
        self.assertEqual(
            self.items_told(result),
            ["127.0.0.1:33013 - idfa:1 -> apps: 1 apps: 2 apps: 3 "
             "lat: 55.1 lon: 55.1"])


class Logs(memc.LoadTest):
    shards = records.TYPES

    def setUp(self):
        super().setUp()
        self.path = self.write("a.tsv.gz", generate(95, 1))

    def test_v_logs_a_line_a_batch(self):
        result = self.load("-v", "--batch", "10", files=[self.path])
        told = [text for _, text in result.log("D")
                if re.search(r"\ba\.tsv\.gz\b.*\bbatch \d+", text)]
        self.assertEqual(len(told), 10, result)
        numbers = sorted(int(re.search(r"batch (\d+)", t)[1]) for t in told)
        self.assertEqual(numbers, list(range(1, 11)))
        for text in told:
            want = 5 if "batch 10:" in text else 10
            self.assertRegex(
                text, rf"\b{want} stored, 0 rejected, 0 failed")
        self.assertEqual(result.file()["batches"], 10)

    def test_every_line_of_the_log_has_its_form(self):
        result = self.load("-v", "--batch", "10", files=[self.path])
        for text in result.err.splitlines():
            self.assertRegex(
                text, r"^\[\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d\] [DIWE] \S")

    def test_q_says_nothing_when_all_is_well(self):
        result = self.load("-q", files=[self.path])
        self.assertEqual((result.out, result.err), ("", ""))

    def test_q_still_warns(self):
        path = self.write("b.tsv.gz", generate(300, 2) + b"x\n")
        result = self.load("-q", files=[path])
        self.assertEqual([level for level, _ in result.log()], ["W"])
        self.assert_line_told(result, "b.tsv.gz", 301, "columns")

    def test_log_goes_to_a_file(self):
        log = self.dir / "log"
        log.write_text("before\n")
        result = self.load("-v", "--log", log, files=[self.path])
        self.assertEqual(result.log(), [])
        lines = log.read_text().splitlines()
        self.assertEqual(lines[0], "before")
        self.assertTrue(any("a.tsv.gz" in text for text in lines[1:]))
        for text in lines[1:]:
            self.assertRegex(text, memc.LOG_LINE)

    def test_l_is_the_same(self):
        log = self.dir / "log"
        self.load("-l", log, files=[self.path])
        self.assertTrue(log.read_text())

    def test_many_bad_lines_do_not_flood_the_log(self):
        path = self.write("b.tsv.gz", b"x\n" * 5000 + line())
        result = self.load("--max-error-rate", "1", files=[path])
        self.assertEqual(result.rejects, {"columns": 5000})
        self.assertLess(len(result.log("W")), 200)
        result = self.load("-v", "--max-error-rate", "1", "--no-rename",
                           files=[self.write("c.tsv.gz", b"x\n" * 500
                                             + line())])
        told = [text for _, text in result.log("W") if "columns" in text]
        self.assertEqual(len(told), 500)

    def test_binary_in_a_line_does_not_reach_the_terminal(self):
        path = self.write("b.tsv.gz", b"\x1b[2J\x07\x08evil\n" + line())
        result = self.load("--max-error-rate", "1", files=[path])
        self.assert_line_told(result, "b.tsv.gz", 1, "columns")
        self.assertNotIn("\x1b", result.err + result.out)


class Names(memc.LoadTest):
    """Files may be called anything; what is said of them stays readable."""

    shards = records.TYPES

    def test_what_a_terminal_would_act_on(self):
        name = "a\nE b\x1b[31m\x7f.tsv.gz"
        path = self.write(name, line() * 200 + b"x\n")
        result = self.load("-v", files=[path])
        self.assertEqual(result.file()["path"], str(path))
        self.assertEqual(result.file()["renamed_to"], str(self.dir / f".{name}"))
        shown = r"a\nE b\x1b[31m\x7f.tsv.gz"
        for text in (result.err, result.out):
            self.assertIn(shown, text)
            self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f]")
        for text in result.err.splitlines():
            self.assertRegex(text, memc.LOG_LINE)
        self.assertRegex(result.out, rf"(?m)^{re.escape(shown)}  done ")

    def test_no_utf_8(self):
        path = os.fsencode(self.dir) + b"/caf\xe9.tsv.gz"
        with open(path, "wb") as out:
            out.write(records.broken_off(line()))
        result = self.load(files=[path], code=1)
        self.assertRegex(result.err, r"caf\\xe9\.tsv\.gz: failed \(truncated\)")
        self.assertRegex(result.out, r"(?m)^caf\\xe9\.tsv\.gz  failed ")
        self.assertEqual(result.summary["files"][0]["raw"], True)

    def test_a_long_name_never_hides_the_reason(self):
        """As long as names may be that get a dot and rejects beside them, in a
        directory as deep as paths may be."""
        deep = self.dir
        while len(str(deep)) < 3500:
            deep /= "d" * 200
        deep.mkdir(parents=True)
        name = "b" * 110 + "e" * 110 + ".tsv.gz"
        path = deep / name
        path.write_bytes(records.broken_off(line()))
        (deep / "none").mkdir()
        for what, args, reason, code in (
                ("a bad file", [path], "the gzip data is truncated", 1),
                ("no such directory", ["--pattern", deep / name / "*"],
                 "no file matches", 2),
                ("no such summary", ["--summary", deep / "no" / "x", path],
                 "No such file or directory", 3),
                ("no such config", ["--config", deep / "no" / "x", path],
                 "No such file or directory", 2)):
            with self.subTest(what):
                result = self.load(*args, summary=False, code=code)
                self.assertIn(reason, result.err)
                self.assertLess(max(map(len, result.err.splitlines())), 4096)
        path.write_bytes(records.member(line()))
        path.with_name(f".{name}").mkdir()
        result = self.load(files=[path], code=1)
        self.assert_file(result, name, "failed", "rename")
        self.assertRegex(result.err, r"b\.\.\.e.*: remove one of the two")
        row = [text for text in result.out.splitlines() if " failed " in text]
        self.assertRegex(row[0], r"^bbb+\.\.\.ee+\.tsv\.gz  failed ")
        self.assertLessEqual(len(row[0]), 80)


    def test_a_wide_terminal_shows_more_of_a_name(self):
        name = "b" * 60 + "e" * 60 + ".tsv.gz"
        path = self.write(name, line())
        short = "b" * 19 + "..." + "e" * 11 + ".tsv.gz"
        for columns, shown in ((300, name), (40, short)):
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                        struct.pack("HHHH", 30, columns, 0, 0))
            subprocess.run([memc.PROGRAM, "--dry", path], check=True,
                           stdin=subprocess.DEVNULL, stdout=theirs,
                           stderr=subprocess.DEVNULL, timeout=memc.DEADLINE_S)
            os.close(theirs)
            text = os.read(ours, 65536).decode()
            os.close(ours)
            self.assertIn(f"\n{shown}  done ", text)


class Reports(memc.LoadTest):
    shards = records.TYPES

    def test_the_report_tells_the_summary_s_numbers(self):
        text = generate(1234, 5) + b"x\n" + line(ident="a b")
        path = self.write("a.tsv.gz", text)
        result = self.load(files=[path])
        self.assertIn("a.tsv.gz", result.out)
        for name, server in self.servers.items():
            rows = [row for row in result.out.splitlines()
                    if row.strip().startswith(name)]
            self.assertEqual(len(rows), 1, result)
            self.assertIn(server.address, rows[0])
            stored = f"{result.shard(name)['stored']:,}"
            self.assertIn(stored, rows[0])
        for text in ("1,236", "1,234", "columns", "bad_key", "done"):
            self.assertRegex(result.out, re.escape(text), result)

    def test_it_tells_of_speed_cpu_and_memory(self):
        """Of a run that is long enough: the server makes it so."""
        it = self.fake()
        it.hold_after(1)
        path = self.write("a.tsv.gz", generate(memc.scale(100_000), 1,
                                               types=("idfa",), apps=(1, 9)))
        running = self.start("--mode", "noreply", files=[path],
                             servers={"idfa": it})
        it.wait_held()
        memc.hold_for(0.2)
        it.release()
        result = self.check(running)
        self.assertRegex(result.out, r"(?m)^speed .* lines/s, .* MB/s of text")
        self.assertRegex(result.out, r"(?m)^memory ")

    def test_it_tells_why_a_file_failed(self):
        path = self.dir / "a.tsv.gz"
        path.write_bytes(records.broken_off(line()))
        result = self.load(files=[path], code=1)
        self.assertIn("truncated", result.out)

    def test_summary_on_standard_output_is_alone_there(self):
        path = self.write("a.tsv.gz", line())
        result = self.load("--summary", "-", summary=False, files=[path])
        summary = json.loads(result.out)
        self.assertEqual(summary["totals"]["stored"], 1)
        self.assertIn("a.tsv.gz", result.err)
        self.assertRegex(result.err, "memory")

    def test_all_keys_of_the_summary(self):
        path = self.write("a.tsv.gz", line() + b"\n")
        got = self.load("--max-error-rate", "1", files=[path]).summary
        for name, kind in {
                "program": str, "version": str, "command": str,
                "exit_code": int, "mode": str, "elapsed_s": float,
                "totals": dict, "warnings": dict, "rejects": dict,
                "files": list, "shards": list}.items():
            self.assertIsInstance(got.get(name), kind, name)
        self.assertEqual((got["program"], got["command"], got["mode"]),
                         ("memc_load", "load", "multi"))
        for name in ("files", "files_done", "files_failed", *self.BOOKS):
            self.assertIsInstance(got["totals"].get(name), int, name)
        self.assertEqual(set(got["rejects"]), {
            "bad_line", "columns", "empty_key", "bad_key", "unknown_type",
            "bad_number", "bad_value", "bad_app", "too_large"})
        self.assertEqual(set(got["warnings"]),
                         {"out_of_range", "skipped_app"})
        row = got["files"][0]
        for name in ("path", "status", "reason", "batches", "error_rate",
                     "elapsed_s", "renamed_to", *self.BOOKS):
            self.assertIn(name, row)
        for name in ("name", "address", "stored", "sent", "failed",
                     "retried", "reconnects", "out_of_memory"):
            self.assertIn(name, got["shards"][0])
        self.assertEqual([shard["name"] for shard in got["shards"]],
                         list(records.TYPES))

    def test_a_pool_tells_its_servers(self):
        pool = ",".join(s.address for s in self.servers.values())
        result = self.load(
            files=[self.write("a.tsv.gz", generate(300, 6,
                                                   types=("idfa",)))],
            servers={"idfa": pool})
        rows = result.shard("idfa")["servers"]
        self.assertEqual([row["address"] for row in rows],
                         [s.address for s in self.servers.values()])
        self.assertEqual(sum(row["stored"] for row in rows), 300)


class Configs(memc.LoadTest):
    shards = records.TYPES

    def config(self, text):
        path = self.dir / "config.yml"
        path.write_text(text)
        return path

    def shard_lines(self):
        return "".join(f"    - {name}={server.address}\n"
                       for name, server in self.servers.items())

    def test_a_whole_load_by_config(self):
        self.write("a.tsv.gz", generate(50, 1) + b"x\n")
        path = self.config(
            "# a comment\n"
            "load:\n"
            f"  pattern: \"{self.dir}/*.tsv.gz\"\n"
            "  mode: noreply\n"
            "  max-error-rate: 0.5\n"
            "  no-rename: true\n"
            "  batch: 7\n"
            "  window: 1KiB\n"
            "  shard:\n" + self.shard_lines())
        result = self.load("--config", path, servers={})
        self.assertEqual(result.summary["mode"], "noreply")
        self.assertEqual(result.totals["sent"], 50)
        self.assertEqual(result.file()["batches"], 8)
        self.assert_kept(self.dir / "a.tsv.gz")

    def test_the_command_line_wins(self):
        self.write("a.tsv.gz", generate(50, 1))
        path = self.config(
            "load:\n"
            "  mode: noreply\n"
            "  batch: 7\n"
            "  idfa: 127.0.0.1:9\n"
            "  gaid: 127.0.0.1:9\n"
            "  adid: 127.0.0.1:9\n"
            "  dvid: 127.0.0.1:9\n")
        for args in (("--config", path, "--mode", "multi", "--batch=25"),
                     ("--mode", "multi", "--batch=25", "--config", path)):
            more = [f"--{name}={server.address}"
                    for name, server in self.servers.items()]
            result = self.load("--no-rename", *args, *more, servers={},
                               files=[self.dir / "a.tsv.gz"])
            self.assertEqual(result.summary["mode"], "multi")
            self.assertEqual(result.file()["batches"], 2)

    def test_what_is_wrong_is_told_with_its_place(self):
        for text, where in (
                ("load:\n  no-such-option: 1\n", ":2:"),
                ("load:\n  batch: many\n", ":2:"),
                ("load:\n  mode: fast\n", ":2:"),
                ("load:\n  strict: perhaps\n", ":2:"),
                ("load: [\n", ""),
                ("load:\n  batch: 1\n  batch: 2\n", ":3:")):
            with self.subTest(text):
                path = self.config(text)
                result = self.load(
                    "--config", path, code=2,
                    files=[self.write("a.tsv.gz", line())])
                self.assertIn(f"config.yml{where}", result.err)
                self.assert_kept(self.dir / "a.tsv.gz")

    def test_no_config_there(self):
        result = self.load("--config", self.dir / "none.yml", code=2,
                           files=[self.write("a.tsv.gz", line())])
        self.assertIn("none.yml", result.err)


if __name__ == "__main__":
    memc.main()
