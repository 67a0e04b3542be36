"""A TCP proxy that stands between a loader and a server, and misbehaves.

It forwards byte by byte what it is told to, so a fault comes after a chosen
number of bytes and never by luck: hold_after() stops forwarding requests,
reset_after() and reset_all() reset every connection (SO_LINGER 0), down()
and up() take the listener away and bring it back on the same port. One
thread does all the work in a selectors loop; methods may be called by any
thread and take effect before they return. Owned by its test, ended by stop().
"""

import collections
import os
import selectors
import socket
import struct
import threading

from servers import connect, free_port

WAIT_S = 20
PIECE = 1 << 16


class Pair:
    """A client's connection and ours to the server."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.to_server = collections.deque()
        self.to_client = collections.deque()
        self.ended = set()  # of {"client", "server"}: said end of file
        self.passed = set()  # those whose end of file was handed on
        self.is_frozen = False
        # was frozen: what its client sent arrives, though that be gone
        self.is_late = False


class Proxy:
    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self.listener = None
        self.forwarded = 0  # bytes of requests
        self.n_connections = 0
        self.n_resets = 0  # connections we reset
        self.hold_at = None
        self.is_held = False
        self.freeze_at = None
        self.reset_at = collections.deque()
        self.reset_base = 0
        self.pairs = set()
        self.calls = collections.deque()
        self.changed = threading.Condition()
        self.is_stopping = False
        self.error = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    # -- what tests call

    def start(self):
        self.selector = selectors.DefaultSelector()
        self.wake_out, self.wake_in = os.pipe()
        os.set_blocking(self.wake_out, False)
        self.selector.register(self.wake_out, selectors.EVENT_READ, None)
        self.listen()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.is_stopping = True
        os.write(self.wake_in, b"x")
        self.thread.join(WAIT_S)
        self.selector.close()
        os.close(self.wake_out)
        os.close(self.wake_in)
        if self.error is not None:
            raise self.error

    def hold_after(self, n_bytes):
        """Requests stop when so many bytes of them were forwarded, from now
        on; release() lets them go on."""
        def act():
            self.hold_at = self.forwarded + n_bytes
        self.call(act)

    def freeze_after(self, n_bytes):
        """When so many bytes were forwarded, the connections of that moment
        stand still; thaw() lets what was sent on them arrive, late."""
        def act():
            self.freeze_at = self.forwarded + n_bytes
        self.call(act)

    def forget(self):
        """The connections of this moment stand still for good, as those that
        a firewall has forgotten; new ones pass."""
        def act():
            for pair in self.pairs:
                pair.is_frozen = True
        self.call(act)

    def wait_frozen(self):
        self.wait_for(lambda: any(p.is_frozen for p in self.pairs),
                      "the proxy to freeze connections")

    def thaw(self):
        def act():
            for pair in self.pairs:
                pair.is_late |= pair.is_frozen
                pair.is_frozen = False
        self.call(act)

    def wait_late(self):
        """Until all that was frozen has arrived."""
        self.wait_for(lambda: not any(p.is_late for p in self.pairs),
                      "late bytes to arrive")

    def reset_after(self, *n_bytes):
        """Resets all connections each time so many more bytes went by."""
        def act():
            self.reset_at.extend(n_bytes)
            self.reset_base = self.forwarded
        self.call(act)

    def wait_held(self):
        self.wait_for(lambda: self.is_held, "the proxy to hold the load")

    def release(self, until=None):
        """Requests go on; for so many bytes, or all of them."""
        def act():
            self.hold_at = None if until is None else self.forwarded + until
            self.is_held = False
        self.call(act)

    def reset_all(self):
        self.call(self.do_reset_all)

    def down(self):
        """No listener, no connections: nobody is at home."""
        def act():
            self.selector.unregister(self.listener)
            self.listener.close()
            self.listener = None
            self.do_reset_all()
        self.call(act)

    def up(self):
        self.call(self.listen)

    def wait_for(self, is_true, what):
        with self.changed:
            if not self.changed.wait_for(is_true, WAIT_S):
                raise AssertionError(
                    f"waited {WAIT_S} s for {what}; {self.forwarded} bytes "
                    f"were forwarded ({self.error})")

    # -- the loop

    def call(self, act):
        done = threading.Event()
        self.calls.append((act, done))
        os.write(self.wake_in, b"x")
        if not done.wait(WAIT_S):
            raise AssertionError(f"the proxy's loop is stuck ({self.error})")

    def run(self):
        try:
            while not self.is_stopping:
                self.watch()
                for key, events in self.selector.select():
                    self.event(key, events)
                with self.changed:
                    self.changed.notify_all()
        except Exception as error:  # told by stop()
            self.error = error
        finally:
            self.do_reset_all()
            if self.listener is not None:
                self.listener.close()

    def listen(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(128)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, None)

    def event(self, key, events):
        if key.fileobj == self.wake_out:
            os.read(self.wake_out, 4096)
            while self.calls:
                act, done = self.calls.popleft()
                act()
                done.set()
        elif key.fileobj is self.listener:
            self.accept()
        elif key.data in self.pairs:
            self.move(key.data, key.fileobj, events)

    def accept(self):
        try:
            client, _ = self.listener.accept()
        except OSError:
            return
        self.n_connections += 1
        try:
            server = connect(self.target, 5)
        except OSError:
            self.hang_up(client, reset=True)
            return
        pair = Pair(client, server)
        for sock in (client, server):
            sock.setblocking(False)
            if sock.family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pairs.add(pair)

    def watch(self):
        """Registers every socket for what can be done with it now."""
        for pair in self.pairs:
            wanted = {pair.client: 0, pair.server: 0}
            if not pair.is_frozen:
                self.want(pair, wanted)
            for sock, events in wanted.items():
                self.register(sock, events, pair)

    def want(self, pair, wanted):
        if ("client" not in pair.ended and not self.is_held
                and len(pair.to_server) < 4):
            wanted[pair.client] |= selectors.EVENT_READ
        if "server" not in pair.ended and len(pair.to_client) < 4:
            wanted[pair.server] |= selectors.EVENT_READ
        if pair.to_server and not self.is_held:
            wanted[pair.server] |= selectors.EVENT_WRITE
        if pair.to_client:
            wanted[pair.client] |= selectors.EVENT_WRITE

    def register(self, sock, events, pair):
        is_known = sock in self.selector.get_map()
        if not events:
            if is_known:
                self.selector.unregister(sock)
        elif not is_known:
            self.selector.register(sock, events, pair)
        elif self.selector.get_key(sock).events != events:
            self.selector.modify(sock, events, pair)

    def move(self, pair, sock, events):
        try:
            if events & selectors.EVENT_WRITE:
                self.write(pair, sock)
            if events & selectors.EVENT_READ and pair in self.pairs:
                self.read(pair, sock)
        except BlockingIOError:
            pass
        except OSError:
            if not pair.is_late or sock is pair.server:
                self.drop(pair, reset=True)
                return
            # the client is gone, its bytes are not
            pair.to_client.clear()
            pair.ended.add("client")
            self.pass_end(pair)

    def read(self, pair, sock):
        piece = sock.recv(PIECE)
        is_client = sock is pair.client
        queue = pair.to_server if is_client else pair.to_client
        is_end = not piece
        if not is_client:
            piece = self.reword(pair, piece)
        if piece and (is_client or "client" not in pair.ended
                      or not pair.is_late):
            queue.append(piece)
        if is_end:
            pair.ended.add("client" if is_client else "server")
            self.pass_end(pair)

    def reword(self, pair, piece):
        """What to hand on of a server's answers; the last piece is empty."""
        return piece

    def write(self, pair, sock):
        if sock is pair.client:
            self.send(pair.to_client, sock, PIECE)
        else:
            sent = self.send(pair.to_server, sock, self.room())
            self.forwarded += sent
            self.at_mark()
        if pair in self.pairs:
            self.pass_end(pair)

    def send(self, queue, sock, room):
        piece = queue.popleft()
        sent = 0
        try:
            sent = sock.send(piece[:room])
        finally:
            if sent < len(piece):
                queue.appendleft(piece[sent:])
        return sent

    def room(self):
        """Bytes that may be forwarded until the next mark."""
        room = PIECE
        for mark in (self.hold_at, self.freeze_at):
            if mark is not None:
                room = min(room, mark - self.forwarded)
        if self.reset_at:
            mark = self.reset_base + self.reset_at[0]
            room = min(room, mark - self.forwarded)
        return max(room, 0)

    def at_mark(self):
        if self.hold_at is not None and self.forwarded >= self.hold_at:
            self.is_held = True
        if self.freeze_at is not None and self.forwarded >= self.freeze_at:
            self.freeze_at = None
            for pair in self.pairs:
                pair.is_frozen = True
        if (self.reset_at
                and self.forwarded >= self.reset_base + self.reset_at[0]):
            self.reset_at.popleft()
            self.reset_base = self.forwarded
            self.do_reset_all()

    def pass_end(self, pair):
        """Hands an end of file on when all before it went out."""
        ends = (("client", pair.to_server, pair.server),
                ("server", pair.to_client, pair.client))
        for who, queue, other in ends:
            if who in pair.ended - pair.passed and not queue:
                pair.passed.add(who)
                try:
                    other.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # it was gone already
        if len(pair.passed) == 2:
            self.drop(pair)

    def drop(self, pair, reset=False):
        self.pairs.discard(pair)
        for sock in (pair.client, pair.server):
            self.register(sock, 0, pair)
            self.hang_up(sock, reset)

    def hang_up(self, sock, reset):
        if reset and sock.family == socket.AF_INET:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
        sock.close()

    def do_reset_all(self):
        for pair in list(self.pairs):
            self.n_resets += 1
            self.drop(pair, reset=True)
