"""An address that leads to one server and later to another, as that of a
service does which fails over; memcached in pid namespaces, where each has pid
1; and a proxy that lets a server tell other statistics than its own.

Owned by the test, as proxy.py says of its Proxy.
"""

import functools
import subprocess
import threading

import proxy
import servers

TICK_S = 0.01

# ways to a pid namespace: as root, and as anybody where that is allowed
UNSHARE = (("unshare", "-p", "-f", "--kill-child"),
           ("unshare", "-r", "-p", "-f", "--kill-child"))


@functools.lru_cache
def containing():
    """The words before a command that is to be process 1; () where no pid
    namespace can be made."""
    for words in UNSHARE:
        try:
            run = subprocess.run([*words, "true"], capture_output=True,
                                 check=False)
        except FileNotFoundError:
            continue
        if run.returncode == 0:
            return words
    return ()


class Contained(servers.Memcached):
    """A memcached that says its pid is 1, where there are pid namespaces."""

    def launch(self):
        if containing():
            # as root: who changes its user is not killed with its parent
            self.command = [*containing(), "memcached", "-u", "root", "-t", "2",
                            "-m", str(self.megabytes), "-s", self.path,
                            "-a", "0777", "-o", "no_lru_maintainer"]
        return super().launch()

    def is_ours(self, told):
        if containing():
            return told["pid"] == "1"
        return super().is_ours(told)


class Service(proxy.Proxy):
    """tells: {statistic: function of the number that the server told}, the
    number that is told instead."""

    def __init__(self, target):
        super().__init__(target)
        self.tells = {}
        self.rests = {}  # of answers, by pair: lines that have not ended
        self.pacer = None
        self.is_paced = threading.Event()

    def stop(self):
        self.pace(None)
        super().stop()

    def lead_to(self, target, how):
        """From now on it leads there. Connections that are open are "reset",
        "closed" or "kept" where they were."""
        def act():
            self.target = target
            for pair in list(self.pairs):
                if how != "kept":
                    self.drop(pair, reset=how == "reset")
        self.call(act)

    def pace(self, bytes_per_s):
        """No more requests than that go by; None: as many as come."""
        if self.pacer is not None:
            self.is_paced.clear()
            self.pacer.join()
            self.pacer = None
            self.release()
        if bytes_per_s is not None:
            self.is_paced.set()
            self.hold_after(0)
            self.pacer = threading.Thread(target=self.let_by, daemon=True,
                                          args=(bytes_per_s,))
            self.pacer.start()

    def let_by(self, bytes_per_s):
        room = max(int(bytes_per_s * TICK_S), 64)
        tick = threading.Event()
        while self.is_paced.is_set():
            self.release(until=room)
            tick.wait(TICK_S)

    def reword(self, pair, piece):
        if not self.tells:
            return piece
        lines = (self.rests.pop(pair, b"") + piece).split(b"\r\n")
        # the beginning of a statistic waits for its end
        if piece and lines[-1] and (lines[-1].startswith(b"STAT ")
                                    or b"STAT ".startswith(lines[-1])):
            self.rests[pair] = lines[-1]
            lines[-1] = b""
        return b"\r\n".join(map(self.retell, lines))

    def retell(self, line):
        words = line.split(b" ")
        if len(words) != 3 or words[0] != b"STAT":
            return line
        tell = self.tells.get(words[1].decode())
        if tell is None:
            return line
        return b"STAT %s %d" % (words[1], tell(int(words[2])))

    def drop(self, pair, reset=False):
        self.rests.pop(pair, None)
        super().drop(pair, reset)
