"""A scripted fake memcached, for what a real one cannot be made to do.

It keeps a dict and understands what the loader says: ms mn mg set get
version stats. Its script is a function that sees each request before it is
answered and may return another answer (see the functions `answer` …
`silence`); fields set before start() shape how it answers in general. A
thread a connection; the script is called under one lock, so it may count in
plain variables. Owned by its test, ended by stop(), which joins all threads.
"""

import collections
import os
import socket
import struct
import threading
import time

WAIT_S = 20
# what the loader leaves on each server and asks for, see memc/canary.h: kept
# apart from the items of a load, and not among the sets
CANARY = b"memc_load:"
CLOSE_WAIT = 8  # a state of TCP, the first byte of TCP_INFO

# key: of a get, the first. number: of all requests of this server, from 1; nth: of its verb;
# connection: from 1, in the order accepted; is_probe: it asks for stats.
Request = collections.namedtuple(
    "Request", "verb key value quiet connection number nth is_probe")


class Close(Exception):
    """The connection ends here."""

    def __init__(self, reset=False):
        super().__init__()
        self.reset = reset


# --- what a script may return ------------------------------------------------


def answer(text):
    """Says this, does nothing."""
    return lambda fake, request: text


def refuse(text=b"SERVER_ERROR out of memory storing object"):
    """An error, also to a quiet set; the key's old value is gone, as it is
    with a real server."""

    def act(fake, request):
        fake.items.pop(request.key, None)
        return text + b"\r\n"

    return act


def close(reset=False):
    """Ends the connection without an answer."""

    def act(fake, request):
        raise Close(reset)

    return act


class Endless(bytes):
    """Said again and again, until nobody listens."""


def silence():
    """Does nothing, says nothing."""
    return lambda fake, request: b""


def store(text):
    """Stores the item and says this, whether that was asked or not."""

    def act(fake, request):
        fake.store(request)
        return text

    return act


def hang():
    """Neither answers nor reads nor ends the connection."""

    def act(fake, request):
        while not fake.is_stopping:
            fake.changed.wait()
        raise Close()

    return act


def after(is_true):
    """Answers as ever, but only once that is true."""

    def act(fake, request):
        while not fake.is_stopping and not is_true():
            fake.changed.wait()

    return act


# --- the server --------------------------------------------------------------


class Fake:
    def __init__(self, path=None, script=None):
        self.path = path  # of its unix socket; None: a loopback port
        self.script = script or (lambda request: None)
        self.has_meta = True  # False: an old server
        self.item_size_max = 1 << 20
        self.version = "1.6.18"
        self.hides_errors = True  # to `noreply`, as a real one does
        self.is_one_byte = False  # replies leave a byte at a time
        self.buffer_bytes = None  # of the socket, both ways
        # fences after sets are answered only when more comes behind them, or
        # the end of the stream: never with nothing under way
        self.awaits_more = False
        # n: a connection is cut when it has sent n bytes since its first
        # set; one number a connection that sends sets, then no more cuts
        self.cuts = collections.deque()
        self.cut_resets = False
        # the same for any reply: asked at each request of a connection until
        # it tells after how many bytes, from this reply on, it is cut
        self.cut_at = lambda request: None
        self.cut_off = []  # what each cut connection was told since then
        self.tell_stats = lambda rows: rows  # changes what `stats` says
        # what connection n says before anything is asked; may raise Close
        self.welcome = lambda n: b""
        # text a new connection is greeted with and closed, one a connection
        self.greetings = collections.deque()

        self.items = {}  # key: value
        self.canaries = {}
        self.flags = {}  # key: as the last set of it said
        self.sets = []  # every set request that reached the script
        self.n_connections = 0
        # of those that sent sets, which were accepted while one was open whose
        # sets nobody could know to be processed
        self.overtaking = []
        self.counts = collections.Counter()  # requests by verb
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.hold_at = None
        self.is_held = False
        self.is_stopping = False
        self.threads = []
        self.sockets = set()
        # those of them that sent sets, but for those whose every set has been
        # confirmed: they may be left at once, and be closed here a bit later
        self.setting = set()
        self.started_at = int(time.time())

    # -- what tests call

    def start(self):
        if self.path:
            self.listener = socket.socket(socket.AF_UNIX)
            if os.path.exists(self.path):
                os.unlink(self.path)
            self.listener.bind(self.path)
            os.chmod(self.path, 0o777)
            self.address = f"unix:{self.path}"
        else:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self.buffer_bytes:  # inherited by what it accepts
                self.set_buffers(self.listener)
            self.listener.bind(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.listener.listen(1024)
        self.spawn(self.accept)
        return self

    def stop(self):
        with self.lock:
            self.is_stopping = True
            self.changed.notify_all()
            for sock in self.sockets | {self.listener}:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in self.threads:
            thread.join(WAIT_S)
        self.listener.close()

    def hold_after(self, n_sets):
        """From the nth set on, connections that send sets stand still."""
        with self.lock:
            self.hold_at = n_sets

    def wait_held(self):
        self.wait_for(lambda: self.is_held, "the fake to hold the load")

    def release(self):
        with self.lock:
            self.hold_at = None
            self.is_held = False
            self.changed.notify_all()

    def wait_for(self, is_true, what):
        """Until a condition on the fields above is true."""
        with self.lock:
            if not self.changed.wait_for(is_true, WAIT_S):
                raise AssertionError(f"waited {WAIT_S} s for {what}")

    def store(self, request):
        self.items[request.key] = request.value
        self.counts["stored"] += 1

    def is_shut(self):
        """Has a client shut a connection (over TCP) for writing, and what it
        sent before has arrived, read or not?"""
        with self.lock:
            return any(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO,
                                       1)[0] == CLOSE_WAIT
                       for sock in self.sockets)

    def keys_set(self):
        return {request.key for request in self.sets}

    # -- threads

    def spawn(self, run, *args):
        thread = threading.Thread(target=run, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def set_buffers(self, sock):
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, self.buffer_bytes)

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if self.is_stopping:
                    sock.close()
                    return
                self.n_connections += 1
                self.sockets.add(sock)
                greeting = (self.greetings.popleft() if self.greetings
                            else None)
                connection = Connection(self, sock, self.n_connections,
                                        greeting)
                connection.is_beside = bool(self.setting)
                self.spawn(connection.run)


class Connection:
    """One connection of a Fake, in a thread of its own."""

    def __init__(self, fake, sock, number, greeting):
        self.fake = fake
        self.sock = sock
        self.number = number
        self.greeting = greeting
        self.has_set = False
        self.is_probe = False
        self.is_beside = False  # was Fake.setting not empty when it came?
        self.bytes_left = None  # until it is cut
        self.told = bytearray()  # since bytes_left was set

    def run(self):
        if self.fake.buffer_bytes:
            self.fake.set_buffers(self.sock)
        reset = False
        if self.sock.family == socket.AF_INET:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.greeting is not None:
                self.sock.sendall(self.greeting)
                return
            with self.fake.lock:
                unasked = self.fake.welcome(self.number)
            self.sock.sendall(unasked)
            # a probe's requests are one send, so they are all there
            self.is_probe = b"stats" in self.sock.recv(64, socket.MSG_PEEK)
            self.stream = self.sock.makefile("rb", 1 << 16)
            while self.serve():
                pass
        except Close as end:
            reset = end.reset
        except OSError:
            pass
        finally:
            self.end(reset)

    def end(self, reset):
        if reset and self.sock.family == socket.AF_INET:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
        with self.fake.lock:
            self.fake.sockets.discard(self.sock)
            self.fake.setting.discard(self.sock)
        if hasattr(self, "stream"):
            self.stream.close()
        self.sock.close()

    def serve(self):
        """One request; False at the end of the stream."""
        line = self.stream.readline()
        if not line.endswith(b"\n"):
            return False
        words = line.split()
        if not words:
            self.say(b"ERROR\r\n")
            return True
        verb = words[0].decode("latin-1")
        if not self.fake.has_meta and verb in ("ms", "mn", "mg"):
            # an old server takes what follows for the next command
            self.count(verb)
            self.say(b"ERROR\r\n")
            return True
        serve = getattr(self, "serve_" + verb, None)
        if serve is None or not serve(verb, words[1:]):
            self.say(b"ERROR\r\n")
        return True

    # -- requests: True, or False for one that makes no sense

    def serve_ms(self, verb, words):
        if len(words) < 2 or not words[1].isdigit():
            return False
        quiet = b"q" in words[2:]
        self.fake.flags[words[0]] = sum(
            int(word[1:]) for word in words[2:] if word.startswith(b"F"))
        value = self.read_value(int(words[1]))
        self.set(verb, words[0], value, quiet, b"HD\r\n")
        return True

    def serve_set(self, verb, words):
        if len(words) < 4 or not words[3].isdigit():
            return False
        if words[0].startswith(CANARY):
            value = self.read_value(int(words[3]))
            with self.fake.lock:
                self.fake.canaries[words[0]] = value
                self.fake.counts["stored"] += 1
            self.say(b"STORED\r\n")
            return True
        quiet = words[4:] == [b"noreply"]
        self.fake.flags[words[0]] = int(words[1])
        value = self.read_value(int(words[3]))
        self.set(verb, words[0], value, quiet, b"STORED\r\n")
        return True

    def read_value(self, size):
        value = self.stream.read(size + 2)
        if value[size:] != b"\r\n":
            raise Close()  # out of step: nothing after this is worth reading
        return value[:size]

    def set(self, verb, key, value, quiet, reply):
        fake = self.fake
        with fake.lock:
            fake.setting.add(self.sock)
            if not self.has_set:
                self.has_set = True
                if self.is_beside:
                    fake.overtaking.append(self.number)
                if fake.cuts:
                    self.bytes_left = fake.cuts.popleft()
            if (fake.hold_at is not None
                    and fake.counts["sets"] >= fake.hold_at):
                fake.is_held = True
            self.stand_still()
            fake.counts["sets"] += 1
            request = self.count(verb, key, value, quiet)
            fake.sets.append(request)
            said = self.scripted(request)
            if said is None:
                fake.store(request)
                said = b"" if quiet else reply
                if not quiet:
                    fake.setting.discard(self.sock)
            elif verb == "set" and quiet and fake.hides_errors:
                said = b""  # classic noreply hides refusals
            fake.changed.notify_all()
        self.say(said)

    def serve_mn(self, verb, words):
        self.await_more()
        return self.simple(verb, b"MN\r\n")

    def serve_version(self, verb, words):
        self.await_more()
        return self.simple(verb, f"VERSION {self.fake.version}\r\n".encode())

    def await_more(self):
        if self.has_set and self.fake.awaits_more:
            self.stream.peek(1)

    def serve_verbosity(self, verb, words):
        return self.simple(verb, b"OK\r\n")

    def serve_quit(self, verb, words):
        with self.fake.lock:
            said = self.scripted(self.count(verb))
        if said is None:
            raise Close()
        self.say(said)
        return True

    def simple(self, verb, reply, key=b""):
        with self.fake.lock:
            self.stand_still()
            said = self.scripted(self.count(verb, key))
            self.fake.changed.notify_all()
        self.say(reply if said is None else said)
        return True

    def serve_mg(self, verb, words):
        with self.fake.lock:
            value = self.fake.items.get(words[0])
        if value is None:
            self.say(b"" if b"q" in words[1:] else b"EN\r\n")
        elif b"v" in words[1:]:
            told = {b"f": b"f0", b"t": b"t-1", b"k": b"k" + words[0]}
            flags = [told[w] for w in words[1:] if w in told]
            self.say(b" ".join([b"VA %d" % len(value)] + flags)
                     + b"\r\n" + value + b"\r\n")
        else:
            self.say(b"HD\r\n")
        return True

    def serve_touch(self, verb, words):
        with self.fake.lock:
            is_there = words[0] in self.fake.canaries
        return self.simple("canary", b"TOUCHED\r\n" if is_there
                           else b"NOT_FOUND\r\n")

    def serve_delete(self, verb, words):
        with self.fake.lock:
            is_there = self.fake.canaries.pop(words[0], None) is not None
        return self.simple("canary", b"DELETED\r\n" if is_there
                           else b"NOT_FOUND\r\n")

    def serve_get(self, verb, words):
        if words[0].startswith(CANARY):
            with self.fake.lock:
                value = self.fake.canaries.get(words[0])
            found = (b"" if value is None else
                     b"VALUE %s 0 %d\r\n%s\r\n" % (words[0], len(value), value))
            return self.simple("canary", found + b"END\r\n", words[0])
        with self.fake.lock:
            found = [(k, self.fake.items[k]) for k in words
                     if k in self.fake.items]
        values = b"".join(b"VALUE %s 0 %d\r\n%s\r\n" % (k, len(v), v)
                          for k, v in found)
        return self.simple(verb, values + b"END\r\n", words[0])

    def serve_stats(self, verb, words):
        fake = self.fake
        with fake.lock:
            said = self.scripted(self.count(verb))
            now = int(time.time())
            rows = {
                "pid": os.getpid(), "uptime": now - fake.started_at,
                "time": now, "version": fake.version,
                "curr_connections": len(fake.sockets),
                "max_connections": 1024, "cmd_flush": 0,
                "cmd_set": fake.counts["stored"],
                "curr_items": len(fake.items), "evictions": 0,
                "slab_reassign_evictions_nomem": 0,
                "slab_reassign_busy_deletes": 0,
                "extstore_objects_evicted": 0, "badcrc_from_extstore": 0,
                "store_too_large": 0, "store_no_memory": 0,
                "limit_maxbytes": 64 << 20,
            }
            if words == [b"items"]:
                rows = {}
            if words == [b"settings"]:
                rows = {"maxbytes": 64 << 20, "maxconns": 1024,
                        "item_size_max": fake.item_size_max,
                        "evictions": "on"}
            rows = fake.tell_stats(rows)
        text = "".join(f"STAT {k} {v}\r\n" for k, v in rows.items())
        self.say(text.encode() + b"END\r\n" if said is None else said)
        return True

    # -- under the lock

    def stand_still(self):
        fake = self.fake
        while self.has_set and fake.is_held and not fake.is_stopping:
            fake.changed.notify_all()
            fake.changed.wait()
        if fake.is_stopping:
            raise Close()

    def count(self, verb, key=b"", value=b"", quiet=False):
        fake = self.fake
        with fake.lock:
            fake.counts["all"] += 1
            fake.counts[verb] += 1
            request = Request(verb, key, value, quiet, self.number,
                              fake.counts["all"], fake.counts[verb],
                              self.is_probe)
            if self.bytes_left is None:
                self.bytes_left = fake.cut_at(request)
            return request

    def scripted(self, request):
        act = self.fake.script(request)
        return None if act is None else act(self.fake, request)

    # -- replies

    def say(self, text):
        """Sends at once; whoever pipelines without reading will feel it."""
        while isinstance(text, Endless) and not self.fake.is_stopping:
            self.sock.sendall(text)
        if self.bytes_left is not None:
            text = text[:self.bytes_left]
            self.bytes_left -= len(text)
            self.told += text
        if self.fake.is_one_byte:
            for at in range(len(text)):
                self.sock.sendall(text[at:at + 1])
        elif text:
            self.sock.sendall(text)
        if self.bytes_left == 0:
            with self.fake.lock:
                self.fake.cut_off.append(bytes(self.told))
            raise Close(self.fake.cut_resets)
