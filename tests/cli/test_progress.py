#!/usr/bin/python3
"""Progress as people see it: bars on a terminal, plain lines without one."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
from records import generate  # noqa: E402


class Progress(memc.LoadTest):
    """A fake server holds the load, so that there is something to see."""

    def setUp(self):
        super().setUp()
        self.it = self.fake()
        self.it.hold_after(200)
        self.path = self.write("some_file.tsv.gz",
                               generate(2000, 8, types=("idfa",)))
        self.args = ["--batch", "100", "--window", "1KiB"]

    def test_always_bars(self):
        """Into a pipe, too, for whoever shows it elsewhere."""
        running = self.start(*self.args, "--progress", "always",
                             files=[self.path], servers={"idfa": self.it})
        self.it.wait_held()
        memc.wait_until(lambda: "\x1b[" in running.said()
                        and "some_file" in running.said(), "a bar")
        self.it.release()
        self.assertEqual(running.finish().code, 0)

    def test_lines_without_a_terminal(self):
        running = self.start(*self.args, files=[self.path],
                             servers={"idfa": self.it})
        self.it.wait_held()
        memc.wait_until(
            lambda: any("%" in text for text in
                        running.said().splitlines()), "a line of progress")
        self.assertNotIn("\x1b", running.said())
        self.assertNotIn("\r", running.said())
        self.it.release()
        self.check(running)

    def test_never(self):
        self.it.release()
        for args in (("--progress", "never"), ("-q",)):
            result = self.load(*self.args, *args, "--no-rename",
                               files=[self.path], servers={"idfa": self.it})
            self.assertNotIn("%", result.err)

    def on_terminal(self, *args, env=None, columns=100):
        """Runs on a terminal until it ends; the fake is released as soon as
        the file's name and a percentage were shown. All that was written."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 30, columns, 0, 0))
        command = [memc.PROGRAM, *self.args, *args, self.path]
        for name, server in self.all_four({"idfa": self.it}).items():
            command += ["--shard", f"{name}={server.address}"]
        environment = {**os.environ, "TERM": "xterm", **(env or {})}
        if env is None:
            environment.pop("NO_COLOR", None)
        process = subprocess.Popen(
            [os.fspath(word) for word in command], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=theirs, env=environment,
            start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(theirs)
        shown = b""
        until = time.monotonic() + memc.DEADLINE_S
        try:
            while time.monotonic() < until:
                if not select.select([ours], [], [], 0.5)[0]:
                    continue
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # the other side is closed
                    break
                if not piece:
                    break
                shown += piece
                if b"some_file" in shown and b"%" in shown:
                    self.it.release()
            else:
                self.fail(f"no end on the terminal: {shown[-3000:]!r}")
        finally:
            os.close(ours)
        self.assertEqual(process.wait(memc.DEADLINE_S), 0, shown[-3000:])
        return shown.decode(errors="replace")

    def test_bars_on_a_terminal(self):
        shown = self.on_terminal()
        self.assertIn("some_file.tsv.gz", shown)
        self.assertRegex(shown, r"\d+ ?%")
        self.assertIn("total", shown)
        # taken off the screen at the end: nothing is drawn after that but
        # lines of the log
        rest = shown[shown.rindex("\x1b[J") + len("\x1b[J"):]
        self.assertNotRegex(rest, r"\d ?%")
        self.assertEqual(self.screen(shown, 100), [
            row for row in self.screen(shown, 100)
            if not row or row.startswith("[")])

    def screen(self, shown, columns):
        """The rows a terminal would show at the end."""
        rows, at, column = [""], 0, 0
        for piece in re.findall(
                r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", shown):
            if piece == "\r":
                column = 0
            elif piece == "\n":
                at += 1
                if at == len(rows):
                    rows.append("")
            elif piece.startswith("\x1b["):
                count = int(re.sub(r"\D", "", piece) or "1")
                if piece.endswith("A"):
                    at = max(at - count, 0)
                elif piece.endswith("J"):
                    rows[at] = rows[at][:column]
                    del rows[at + 1:]
                elif piece.endswith("K"):
                    rows[at] = rows[at][:column]
            else:
                row = rows[at].ljust(column)
                rows[at] = row[:column] + piece + row[column + len(piece):]
                column += len(piece)
                if "%" in row:
                    self.assertLessEqual(column, columns, f"{row!r} folds")
        return rows

    def test_a_name_with_control_characters(self):
        """Escaped, in the bars as in the log; a row stays one."""
        self.path = self.write("some_file\n\x1b[7m\r9.tsv.gz",
                               generate(2000, 8, types=("idfa",)))
        shown = self.on_terminal(env={"NO_COLOR": "1"})
        bars = [row for row in re.split(r"[\r\n]+", shown)
                if "%" in row and "some_file" in row]
        self.assertTrue(bars)
        for row in bars:
            self.assertRegex(
                row, r"^(\x1b\[\d+A)?some_file\\n\\x1b\[7m\\r9\.tsv\.gz +"
                r"\[[#.]+\] +\d+ %")
        self.assertNotIn("\x1b[7m", shown)
        for row in self.screen(shown, 100):
            self.assertRegex(row, r"^(\[\d{4}.*)?$")

    def test_no_color(self):
        shown = self.on_terminal(env={"NO_COLOR": "1"})
        self.assertNotRegex(shown, r"\x1b\[[0-9;]*m")

    def test_a_narrow_terminal(self):
        shown = self.on_terminal(columns=40)
        bars = [row for row in re.split(r"[\r\n]", shown) if "%" in row]
        self.assertTrue(bars)
        for row in bars:
            plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", row)
            self.assertLessEqual(len(plain), 40, row)

    def test_a_dumb_terminal_gets_no_bars(self):
        self.it.release()
        shown = self.on_terminal(env={"TERM": "dumb"})
        self.assertNotIn("\x1b", shown)

    def test_never_on_a_terminal(self):
        self.it.release()
        shown = self.on_terminal("--progress", "never")
        self.assertNotIn("\x1b", shown)
        self.assertNotIn("%", shown)


if __name__ == "__main__":
    memc.main()
