"""Loads of which exactly so many items are lost, and samples of them.

For the test of the intervals' coverage and for scripts/verification, which
prints it as a table. What is lost is deleted behind the program's back, by
the servers' own `delete`, so the truth is known; the samples are drawn and
read back by the support program `sampler` with the program's own functions.
"""

import math
import random
import subprocess

import records
import servers as memcached


def make_lines(n):
    """(text, {key: value}) of n good lines, each with a key of its own."""
    draw = random.Random(n)
    lines, items = [], {}
    for i in range(n):
        kind = records.TYPES[i % 4]
        apps = draw.sample(range(10000), draw.randrange(1, 20))
        lat, lon = draw.randrange(-900, 900) / 10, draw.randrange(1800) / 10
        lines.append(f"{kind}\tdevice{i:07d}\t{lat}\t{lon}\t"
                     + ",".join(map(str, apps)))
        items[f"{kind}:device{i:07d}".encode()] = records.pack(apps, lat, lon)
    return ("\n".join(lines) + "\n").encode(), items


class Servers:
    """Where the items are: {name of shard: address}."""

    def __init__(self, addresses):
        self.addresses = addresses

    def each(self, keys, request, reply):
        """Sends request(key) for each key, which must be answered so."""
        for name, address in self.addresses.items():
            mine = [key for key in keys if key.startswith(name.encode() + b":")]
            with memcached.connect(address) as sock:
                stream = sock.makefile("rb")
                for at in range(0, len(mine), 500):
                    part = mine[at:at + 500]
                    sock.sendall(b"".join(map(request, part)))
                    for key in part:
                        said = stream.readline()
                        if said != reply + b"\r\n":
                            raise AssertionError(f"{key!r}: {said!r}")

    def delete(self, keys):
        self.each(keys, lambda key: b"delete %s\r\n" % key, b"DELETED")

    def spoil(self, keys, items):
        """Gives each its own value with the last byte changed."""
        def request(key):
            value = items[key][:-1] + bytes([items[key][-1] ^ 1])
            return b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value)

        self.each(keys, request, b"STORED")

    def options(self):
        return [f"{name}={address}" for name, address in self.addresses.items()]


class Sample:
    """What `sampler` said of one seed."""

    def __init__(self, line, confidences):
        words = line.split()
        (self.seed, self.population, self.matched, self.missing,
         self.different, self.unreadable) = map(int, words[:6])
        bounds = [float(word) for word in words[6:]]
        self.bounds = dict(zip(confidences, zip(bounds[::2], bounds[1::2])))
        self.sampled = (self.matched + self.missing + self.different
                        + self.unreadable)


def draw_samples(sampler, path, servers, n, seeds, confidences, deadline):
    """[Sample], one a seed."""
    run = subprocess.run(
        [str(sampler), str(path), str(n), str(seeds[0]), str(seeds[-1]),
         ",".join(map(str, confidences)), *servers.options()],
        capture_output=True, text=True, timeout=deadline, check=False)
    if run.returncode:
        raise AssertionError(f"sampler: {run.returncode}: {run.stderr}")
    return [Sample(line, confidences) for line in run.stdout.splitlines()]


def covered(samples, confidence, truth):
    """How many of the intervals have the true rate in them."""
    return sum(low <= truth <= high for low, high in
               (sample.bounds[confidence] for sample in samples))


def least_covered(confidence, n):
    """Fewer than this is no chance any more: three standard deviations."""
    return n * (confidence
                - 3 * math.sqrt(confidence * (1 - confidence) / n))


def deviations(samples, truth, population):
    """How many standard deviations the mean estimate is off the truth. Nearly
    never 4 where the samples are uniform and read back right."""
    n, sampled = len(samples), samples[0].sampled
    mean = sum(s.matched / s.sampled for s in samples) / n
    if truth in (0, 1):
        return 0 if mean == truth else math.inf
    variance = truth * (1 - truth) / sampled * (
        (population - sampled) / (population - 1)) / n
    return (mean - truth) / math.sqrt(variance)
