"""memcached for tests: a real server under our control, and a raw client.

A Memcached belongs to the test (class) that started it and is stopped by its
own pid. The client speaks the text protocol over a plain socket, so that what
is read back owes nothing to the program under test. Everything has a
deadline; a server that does not answer raises.
"""

import os
import signal
import socket
import subprocess
import time
import urllib.parse

WAIT_S = 20


def connect(address, timeout=WAIT_S):
    """A socket to "unix:/path" or "host:port"."""
    if address.startswith("unix:"):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        try:
            sock.connect(address[len("unix:"):])
        except OSError:
            sock.close()
            raise
        return sock
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), timeout)


def ask(address, request, end):
    """Sends a request and reads until the reply ends in one of `end`."""
    with connect(address) as sock:
        sock.sendall(request)
        reply = bytearray()
        while not reply.endswith(end):
            piece = sock.recv(1 << 20)
            if not piece:
                break
            reply += piece
    return bytes(reply)


def stats(address, what=""):
    """{name: text} of `stats [what]`."""
    request = f"stats {what}".strip().encode() + b"\r\n"
    reply = ask(address, request, (b"END\r\n",)).decode()
    rows = (row.split(None, 2) for row in reply.split("\r\n"))
    return {row[1]: row[2] for row in rows if len(row) == 3}


def read_items(address, keys, flags=b"v f t"):
    """{key: (value, flags, seconds to live)} of those keys that are there."""
    keys = list(keys)
    out = {}
    with connect(address) as sock:
        stream = sock.makefile("rb", 1 << 20)
        for at in range(0, len(keys), 500):
            part = keys[at:at + 500]
            sock.sendall(b"".join(b"mg %s %s\r\n" % (k, flags) for k in part))
            for key in part:
                item = read_item(stream)
                if item is not None:
                    out[key] = item
    return out


def read_item(stream):
    head = stream.readline().split()
    if head == [b"EN"]:
        return None
    if not head or head[0] != b"VA":
        raise AssertionError(f"a read was answered by {head!r}")
    size = int(head[1])
    value = stream.read(size + 2)
    if value[size:] != b"\r\n":
        raise AssertionError(f"a value of {size} bytes ends in {value[-9:]!r}")
    said = {flag[:1]: flag[1:] for flag in head[2:]}
    return value[:size], int(said[b"f"]), int(said[b"t"])


def list_keys(address):
    """Every key the server knows of, as far as its crawler tells."""
    until = time.monotonic() + WAIT_S
    while True:
        reply = ask(address, b"lru_crawler metadump all\r\n",
                    (b"END\r\n", b"BUSY currently processing crawler request"
                     b"\r\n", b"ERROR\r\n"))
        if reply.endswith(b"END\r\n"):
            break
        if time.monotonic() > until:
            raise AssertionError(f"no list of keys: {reply[-200:]!r}")
        time.sleep(0.01)
    rows = (row.split(b" ", 1)[0] for row in reply.split(b"\n"))
    return {urllib.parse.unquote_to_bytes(row[len(b"key="):])
            for row in rows if row.startswith(b"key=")}


# What the keys of the loader's own items begin with, see memc/canary.h. Each
# load sets one on each server before its first record.
CANARY = b"memc_load:"
CANARY_SETS = 1


class Memcached:
    """A real memcached: on a unix socket at `path`, or on a loopback port."""

    def __init__(self, path=None, args=(), megabytes=256):
        self.path = path
        self.args = list(args)
        self.megabytes = megabytes
        self.command = None  # set by a test: the whole of it
        self.port = None
        self.process = None

    @property
    def address(self):
        return f"unix:{self.path}" if self.path else f"127.0.0.1:{self.port}"

    def start(self):
        """Starts it and waits until it answers; on the same port again when
        it was started before."""
        for _ in range(5):
            if not self.path and self.port is None:
                self.port = free_port()
            if self.launch():
                return self
            if self.path:
                break
            self.port = None
        raise AssertionError(f"memcached did not start: {self.said()}")

    def launch(self):
        where = (["-s", self.path, "-a", "0777"] if self.path
                 else ["-l", "127.0.0.1", "-p", str(self.port), "-U", "0"])
        if self.path and os.path.exists(self.path):
            os.unlink(self.path)
        # without the maintainer no item moves between the lists, so that
        # the crawler's dump shows each once
        self.process = subprocess.Popen(
            self.command or
            ["memcached", "-u", "nobody", "-t", "2", "-m", str(self.megabytes),
             "-o", "no_lru_maintainer"] + where + self.args,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            try:
                return self.is_ours(stats(self.address))
            except (OSError, KeyError):
                if self.process.poll() is not None:
                    return False
                time.sleep(0.005)
        self.stop()
        return False

    def is_ours(self, told):
        """Do these statistics come from the process that was started?"""
        return int(told["pid"]) == self.process.pid

    def said(self):
        """What it wrote to standard error, once it ended."""
        if self.process is None or self.process.poll() is None:
            return ""
        return self.process.stderr.read().decode(errors="replace")

    def stats(self, what=""):
        return stats(self.address, what)

    def counter(self, name):
        return int(self.stats()[name])

    def sets_after(self, before, canaries=CANARY_SETS):
        """Sets of records since there were so many in all; of one load whose
        canary was set once."""
        return max(self.counter("cmd_set") - before - canaries, 0)

    def flush(self):
        ask(self.address, b"flush_all\r\n", (b"\r\n",))

    def put(self, key, value, exptime=0):
        reply = ask(self.address, b"set %s 0 %d %d\r\n%s\r\n"
                    % (key, exptime, len(value), value), (b"\r\n",))
        if reply != b"STORED\r\n":
            raise AssertionError(f"set {key!r} was answered by {reply!r}")

    def items(self, keys):
        """{key: value}"""
        return {key: item[0]
                for key, item in read_items(self.address, keys).items()}

    def keys(self):
        """But for canaries, of loads that were killed."""
        return {key for key in list_keys(self.address)
                if not key.startswith(CANARY)}

    def canaries(self):
        return {key for key in list_keys(self.address)
                if key.startswith(CANARY)}

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """Ends it at once (SIGKILL works on a stopped one, too)."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stderr.close()
            self.process = None


# sockets that hold a port and never listen
PLACES = []


def free_port():
    """A loopback port that nobody listens on. It is this process's until it
    ends: nobody else is given it while a server is away, or has not come.
    Who binds it sets SO_REUSEADDR, as memcached does."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    PLACES.append(place)
    return place.getsockname()[1]
