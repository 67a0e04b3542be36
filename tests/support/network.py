"""A network that misbehaves: two namespaces, joined by `tunnel` (tunnel.c).

enter() moves the calling thread, and what it starts from then on, into the
server's namespace: there the tests start servers and read back undisturbed.
The program runs in the client's, by `command` in front of it. Needs root and
/dev/net/tun: is_possible(). Owned by its test, ended by stop().
"""

import ctypes
import os
import random
import subprocess
import threading

import servers

SERVER_IP = "10.77.0.2"
CLONE_NEWNET = 0x40000000


def is_possible():
    return (os.geteuid() == 0 and os.access("/dev/net/tun", os.R_OK | os.W_OK)
            and subprocess.run(["unshare", "--net", "true"], check=False,
                               stderr=subprocess.DEVNULL).returncode == 0)


class Network:
    def __init__(self, program):
        self.lock = threading.Lock()
        self.seed = random.randrange(1 << 30)
        self.process = subprocess.Popen(
            [program, str(self.seed)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1)
        said = self.process.stdout.readline().split()
        if len(said) != 3:
            raise AssertionError("the tunnel cannot be made")
        pid, client, server = said
        self.client = f"/proc/{pid}/fd/{client}"
        self.server = f"/proc/{pid}/fd/{server}"

    @property
    def command(self):
        """In front of what is to run in the client's namespace."""
        return ["nsenter", f"--net={self.client}", "--"]

    def enter(self):
        with open(self.server, "rb") as space:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(space.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def say(self, *commands):
        """From its return on the network is so. Any thread."""
        with self.lock:
            for command in commands:
                self.process.stdin.write(command + "\n")
                said = self.process.stdout.readline()
                if said != "ok\n":
                    raise AssertionError(f"{command}: {said!r}")

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)


class Server(servers.Memcached):
    """A memcached at this port of the server's namespace, which was entered."""

    def __init__(self, port, megabytes=64):
        super().__init__(megabytes=megabytes)
        self.port = port
        self.command = ["memcached", "-u", "nobody", "-t", "2", "-m",
                        str(megabytes), "-o", "no_lru_maintainer", "-l",
                        SERVER_IP, "-p", str(port), "-U", "0"]

    @property
    def address(self):
        return f"{SERVER_IP}:{self.port}"
