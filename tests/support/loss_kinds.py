"""The ways in which a server loses what it held: for
tests/torture/test_random_losses.py, which makes each at random moments.

A Kind belongs to one round. begin() makes the servers anew, strike() makes the
loss, is_over() says whether what is lost is lost by now, asked_after() whether
the program has connected to the server since. What it has not asked after the
loss it cannot know of: that is the only excuse there is.
"""

import threading
import time

import memc
import servers
import service

# other clients' traffic on a server that takes over
OTHERS_SETS, OTHERS_CONNECTIONS = 50_000, 60
MARKER = b"marker"  # of a delayed flush: gone when the rest is
POLL_S = 0.002


class Watch:
    """A connection of the test's own, open all the time."""

    def __init__(self, address):
        self.sock = servers.connect(address)
        self.stream = self.sock.makefile("rb")

    def ask(self, request, end):
        self.sock.sendall(request)
        lines = []
        while not lines or lines[-1] not in end:
            lines.append(self.stream.readline())
            if not lines[-1]:
                raise OSError("the server is gone")
        return lines

    def counters(self, before=b""):
        """{name: text} of `stats`, after these commands in the same piece."""
        lines = self.ask(before + b"stats\r\n", (b"END\r\n",))
        rows = (line.split() for line in lines)
        return {row[1].decode(): row[2].decode() for row in rows
                if len(row) == 3 and row[0] == b"STAT"}

    def connections(self, before=b""):
        """How many it has taken since its start or a reset."""
        return int(self.counters(before)["total_connections"])

    def has(self, key):
        return self.ask(b"mg %s\r\n" % key, (b"HD\r\n", b"EN\r\n"))[-1][:2] \
            == b"HD"

    def close(self):
        self.stream.close()
        self.sock.close()


class Kind:
    """A loss that is whole at once, of a server that stays."""

    command = b""
    is_loss = True

    def __init__(self, slot, rng):
        self.slot, self.rng = slot, rng
        self.server = None
        self.watch = None
        self.taken = 0  # connections when it struck

    @property
    def address(self):
        """Where the load finds it."""
        return self.server.address

    @property
    def holder(self):
        """Where that leads to now."""
        return self.server

    def begin(self, is_control=False):
        """is_control: it will not strike."""
        self.server = self.slot.new_server(self.rng)
        self.watch = Watch(self.server.address)

    def end(self):
        if self.watch is not None:
            self.watch.close()

    def lead_s(self):
        """How long before the moment it is to be said."""
        return 0

    def strike(self):
        self.taken = self.watch.connections(self.command)

    def is_over(self):
        return True

    def asked_after(self):
        return self.holder.counter("total_connections") - self.taken > 1


class Flush(Kind):
    command = b"flush_all\r\n"


class FlushAndReset(Kind):
    command = b"flush_all\r\nstats reset\r\n"


class Reset(Kind):
    """Nothing is lost."""
    command = b"stats reset\r\n"
    is_loss = False


class Restart(Kind):
    def begin(self, is_control=False):
        super().begin(is_control)
        self.pause_s = self.rng.choice((0, 0, self.rng.uniform(0, 0.5)))

    def strike(self):
        self.watch.close()
        self.server.stop()
        threading.Event().wait(self.pause_s)
        self.while_away()
        self.server.start()
        self.watch = Watch(self.server.address)
        # it counts its own socket, that of start(), and the watch
        self.taken = 3

    def while_away(self):
        pass


class DelayedFlush(Kind):
    """Said N seconds before: in a second to come, what the server holds is
    gone, and what it takes in the rest of that second goes as well."""

    def begin(self, is_control=False):
        super().begin(is_control)
        self.server.put(MARKER, b"1")
        self.delay_s = self.rng.randint(1, 3)
        self.is_absolute = self.rng.random() < 0.2
        self.gone_at = None
        self.is_ended = threading.Event()
        self.look = threading.Thread(target=self.watch_marker, daemon=True)

    def lead_s(self):
        # the server's second begins at any time
        return max(self.delay_s - 1.5, 0)

    def strike(self):
        when = self.delay_s
        if self.is_absolute:
            when += int(self.server.stats()["time"])
        self.watch.ask(b"flush_all %d\r\n" % when, (b"OK\r\n",))
        self.look.start()

    def watch_marker(self):
        while not self.is_ended.is_set():
            if not self.watch.has(MARKER):
                self.taken = self.watch.connections()
                self.gone_at = time.monotonic()
                return
            self.is_ended.wait(POLL_S)

    def is_over(self):
        """Asked when the load has ended."""
        self.is_ended.set()
        if self.look.ident is not None:
            self.look.join()
        return self.gone_at is not None

    def end(self):
        self.is_over()
        super().end()


class Failover(Kind):
    """The address leads to another server, which has the same pid, started in
    the same second or earlier, and has done more; sometimes back again."""

    def begin(self, is_control=False):
        self.how = self.rng.choice(("reset", "closed", "kept"))
        self.is_back = self.rng.random() < 0.15
        self.back_s = self.rng.uniform(0, 0.3)
        is_earlier = self.rng.random() < 0.5
        if not is_control:
            self.other = self.slot.new_contained("other")
            self.let_others_in()
            if is_earlier:
                second = int(self.other.stats()["time"])
                memc.wait_until(lambda: int(self.other.stats()["time"])
                                > second + 1, "the second is over")
        self.server = self.slot.new_contained("one")
        self.watch = Watch(self.server.address)
        self.slot.service.lead_to(self.server.address, "reset")
        if not service.containing():
            self.slot.service.tells = {"pid": lambda _: 1}

    def let_others_in(self):
        for _ in range(OTHERS_CONNECTIONS):
            servers.connect(self.other.address).close()
        servers.ask(self.other.address, b"set x 0 0 1 noreply\r\ny\r\n"
                    * OTHERS_SETS + b"mn\r\n", (b"MN\r\n",))

    def end(self):
        super().end()
        self.slot.service.tells = {}

    @property
    def address(self):
        return self.slot.service.address

    @property
    def holder(self):
        return self.server if self.is_back else self.other

    def strike(self):
        self.taken = self.other.counter("total_connections")
        self.slot.service.lead_to(self.other.address, self.how)
        if self.is_back:
            threading.Event().wait(self.back_s)
            self.taken = self.server.counter("total_connections")
            self.slot.service.lead_to(self.server.address, self.how)


class OlderRestart(Restart):
    """A restart after which pid, start and counters look like those of a
    server that went on."""

    def begin(self, is_control=False):
        super().begin(is_control)
        self.slot.service.lead_to(self.server.address, "reset")
        self.slot.service.tells = {"pid": lambda _: 4711}

    @property
    def address(self):
        return self.slot.service.address

    def strike(self):
        told = self.watch.counters()
        # more than what it counts until it is ended
        self.more = {name: int(told[name]) + self.rng.randint(3000, 100_000)
                     for name in ("uptime", "cmd_set", "cmd_get", "total_items",
                                  "total_connections")}
        self.more["cmd_flush"] = int(told["cmd_flush"])
        super().strike()

    def while_away(self):
        self.slot.service.tells = {
            "pid": lambda _: 4711,
            **{name: lambda n, more=more: n + more
               for name, more in self.more.items()}}

    def end(self):
        super().end()
        self.slot.service.tells = {}


KINDS = {"restart": Restart, "flush": Flush, "delayed_flush": DelayedFlush,
         "failover": Failover, "flush_and_reset": FlushAndReset,
         "reset": Reset, "older_restart": OlderRestart}
