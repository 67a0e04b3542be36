"""memcached servers of one's own, for with-memcached and bench.

    with Servers(4, megabytes=1024, first_port=33013) as servers:
        servers.addresses, servers.pids, servers.cpu_seconds()

They listen on consecutive ports of the loopback interface from first_port on,
on another free range when one of these is taken, or, with unix=True, on
sockets in a temporary directory; options are further ones of memcached's. They
are stopped by their pids.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_S, STOP_S, TRIES = 15, 10, 20
# below the range that the kernel gives to outgoing connections
PORTS = (20000, 32000)


class NotStarted(Exception):
    pass


def names(n):
    """What the shards of n servers are called (as gen-data calls types)."""
    if n <= 4:
        return ["idfa", "gaid", "adid", "dvid"][:n]
    return [f"t{i}" for i in range(n)]


def ask_pid(address):
    """The pid that the server there says it has; None when none answers."""
    try:
        if address.startswith("unix:"):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(2)
            sock.connect(address[len("unix:"):])
        else:
            host, port = address.rsplit(":", 1)
            sock = socket.create_connection((host, int(port)), 2)
        with sock:
            sock.sendall(b"stats\r\n")
            return int(sock.makefile("rb").readline().split()[2])
    except (OSError, IndexError, ValueError):
        return None


class Servers:
    def __init__(self, n=4, megabytes=1024, first_port=33013, unix=False,
                 options=()):
        self.n, self.megabytes = n, megabytes
        self.first_port, self.unix = first_port, unix
        self.more_options = list(options)
        self.processes, self.addresses = [], []
        self.directory = None

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="memcached-")
        # one that became nobody makes its socket in here
        os.chmod(self.directory, 0o777)
        try:
            first = self.first_port
            for _ in range(1 if self.unix else TRIES):
                if self.start(first):
                    return self
                self.stop()
                first = random.randrange(PORTS[0], PORTS[1] - self.n)
            raise NotStarted("memcached did not start: " + self.said())
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()
        if self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pids(self):
        return [process.pid for process in self.processes]

    @property
    def shards(self):
        """{name: address}"""
        return dict(zip(names(self.n), self.addresses))

    def options(self):
        """The same for the loader's command line."""
        return [word for name, address in self.shards.items()
                for word in ("--shard", f"{name}={address}")]

    def said(self):
        try:
            with open(f"{self.directory}/log", encoding="utf-8") as log:
                return log.read()[-1000:]
        except OSError:
            return ""

    def start(self, first):
        # memcached refuses to be root without being told whom to become
        common = ["memcached", "-m", str(self.megabytes), *self.more_options]
        if os.getuid() == 0:
            common += ["-u", "nobody"]
        for i in range(self.n):
            if self.unix:
                path = f"{self.directory}/{i}"
                where = ["-s", path, "-a", "0777"]
                self.addresses.append(f"unix:{path}")
            else:
                where = ["-l", "127.0.0.1", "-p", str(first + i), "-U", "0"]
                self.addresses.append(f"127.0.0.1:{first + i}")
            with open(f"{self.directory}/log", "ab") as log:
                # a session of its own: Ctrl-C is not for the servers
                self.processes.append(subprocess.Popen(
                    common + where, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, start_new_session=True))
        return all(map(self.is_up, self.processes, self.addresses))

    def is_up(self, process, address):
        """Waits until it answers. Whoever else listens there, ours has ended
        then, so it is the pid that counts."""
        until = time.monotonic() + START_S
        while time.monotonic() < until and process.poll() is None:
            if ask_pid(address) == process.pid:
                return True
            time.sleep(0.005)
        return False

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)  # it may be stopped
                process.wait()
        self.processes, self.addresses = [], []

    def cpu_seconds(self):
        """User and system time of all of them so far."""
        ticks = 0
        for pid in self.pids:
            with open(f"/proc/{pid}/stat", "rb") as stat:
                fields = stat.read().rsplit(b")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")
