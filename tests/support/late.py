"""A proxy that takes requests, resets the connection they came on, and passes
them on later: as a proxy or a firewall may do it, or a server's busy thread.

Connections that ask for statistics are passed on, and so are all after the one
that was reset. A thread a connection; owned by its test, ended by stop().
"""

import socket
import struct
import threading

import servers

WAIT_S = 20


class Late:
    """The first connection that sends sets is reset when n_passed bytes of it
    were passed on and n_taken more were taken."""

    def __init__(self, target, n_passed, n_taken):
        self.target = target
        self.n_passed, self.n_taken = n_passed, n_taken
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.was_reset = threading.Event()
        self.may_arrive = threading.Event()
        self.has_arrived = threading.Event()
        self.is_first = True
        self.sockets = []
        self.threads = []
        self.spawn(self.accept)

    def stop(self):
        self.may_arrive.set()
        for sock in [self.listener, *self.sockets]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(WAIT_S)
        for sock in [self.listener, *self.sockets]:
            sock.close()

    def wait_reset(self):
        if not self.was_reset.wait(WAIT_S):
            raise AssertionError("no connection was reset")

    def arrive(self):
        """What was taken is passed on now, to its end."""
        self.may_arrive.set()
        if not self.has_arrived.wait(WAIT_S):
            raise AssertionError("the late bytes did not arrive")

    def spawn(self, run, *args):
        thread = threading.Thread(target=run, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(client)
            self.spawn(self.serve, client)

    def serve(self, client):
        try:
            server = servers.connect(self.target, 5)
            self.sockets.append(server)
            head = client.recv(65536)
            server.sendall(head)
            if b"stats" in head or not self.is_first:
                self.pass_all(client, server)
            else:
                self.is_first = False
                self.take(client, server)
        except OSError:
            pass

    def pass_all(self, client, server):
        self.spawn(self.pipe, server, client)
        self.pipe(client, server)

    def pipe(self, one, other):
        try:
            while piece := one.recv(65536):
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def take(self, client, server):
        self.spawn(self.pipe, server, client)
        passed = 0
        while passed < self.n_passed:
            piece = client.recv(min(65536, self.n_passed - passed))
            if not piece:
                return
            server.sendall(piece)
            passed += len(piece)
        taken = bytearray()
        while len(taken) < self.n_taken:
            piece = client.recv(self.n_taken - len(taken))
            if not piece:
                break
            taken += piece
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
        client.close()
        self.was_reset.set()
        self.may_arrive.wait()
        server.sendall(taken)
        server.shutdown(socket.SHUT_WR)
        # to its end: the server has read it all then
        while server.recv(65536):
            pass
        self.has_arrived.set()
