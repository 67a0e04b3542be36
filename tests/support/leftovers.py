"""What a run of the program may have left when it is over: processes, locks,
shared memory, connections, items.

For tests that start it by memc.Running, in a session of its own. adopt() makes
this process the parent of those whose own parent has died, so that none is
hidden by an init that waits for them.
"""

import ctypes
import os

PR_SET_CHILD_SUBREAPER = 36
CANARY = b"memc_load:"  # its own items' keys begin so


def adopt():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def stat_fields(pid):
    """(state, parent, session) of /proc/PID/stat; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rsplit(b")", 1)[1].split()
    except OSError:
        return None
    return fields[0].decode(), int(fields[1]), int(fields[3])


def pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def in_session(session):
    """{pid: state} of its processes, zombies ("Z") too, but for its leader."""
    found = {}
    for pid in pids():
        fields = stat_fields(pid)
        if fields and fields[2] == session and pid != session:
            found[pid] = fields[0]
    return found


def marked(mark):
    """Pids of those whose environment has this in it, whatever session they
    are in; zombies have none."""
    found = []
    for pid in pids():
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ:
                if mark in environ.read():
                    found.append(pid)
        except OSError:
            pass  # it is gone, or somebody else's
    return found


def reap(session):
    """Waits for those of this session that have ended and were left to us."""
    for pid, state in in_session(session).items():
        fields = stat_fields(pid)
        if state == "Z" and fields and fields[1] == os.getpid():
            os.waitpid(pid, 0)


def locks_in(directory):
    """Lines of /proc/locks that are of files in there."""
    inodes = {str(entry.inode()) for entry in os.scandir(directory)}
    with open("/proc/locks", encoding="ascii") as locks:
        return [line.strip() for line in locks
                if any(word.count(":") == 2 and word.rsplit(":", 1)[1] in inodes
                       for word in line.split())]


def shared_memory():
    """Names of what is shared by name or by number."""
    found = set(os.listdir("/dev/shm"))
    with open("/proc/sysvipc/shm", encoding="ascii") as rows:
        found |= {f"shmid {row.split()[1]}" for row in list(rows)[1:]}
    return found


def canaries(server):
    """{key: seconds to live} of its own items; -1: for ever."""
    from servers import read_items
    keys = [key for key in server.keys() if key.startswith(CANARY)]
    return {key: item[2]
            for key, item in read_items(server.address, keys).items()}
