#!/usr/bin/python3
"""Servers that are dead from the beginning, full, small, or crowded. What happens to
them in mid-load is test_outages.py's."""

import os
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402
from records import generate  # noqa: E402


class Dead(memc.LoadTest):
    """Servers that are not there from the beginning."""

    shards = ("idfa", "gaid", "dvid")

    def setUp(self):
        super().setUp()
        self.text = generate(memc.scale(4000, 400), 41)
        self.expected = records.read(self.text)
        self.with_one_dead = {**self.servers,
                              "adid": f"127.0.0.1:{servers.free_port()}"}

    def test_one_dead_with_degraded(self):
        """Exactly its records are failed, all others stored."""
        good = self.expected.stored()
        dead = self.expected.count("adid")
        del good["adid"]
        for mode in memc.MODES:
            with self.subTest(mode):
                path = self.write("a.tsv.gz", self.text)
                result = self.load("--degraded", "--mode", mode, files=[path],
                                   servers=self.with_one_dead, code=1)
                self.assert_file(result, "a.tsv.gz", "failed")
                self.assert_kept(path, result)
                self.assertEqual(result.totals["failed"], dead)
                name = "sent" if mode == "noreply" else "stored"
                self.assertEqual(result.totals[name],
                                 self.expected.lines - dead)
                self.assertEqual(result.shard("adid")["failed"], dead)
                self.assert_holds(good, note=result)
                self.flush_all()

    def test_degraded_fails_even_below_the_error_rate(self):
        path = self.write("a.tsv.gz", self.text)
        result = self.load("--degraded", "--max-error-rate", "1",
                           files=[path], servers=self.with_one_dead, code=1)
        self.assert_file(result, "a.tsv.gz", "failed")
        self.assert_kept(path)

    def test_degraded_without_a_record_for_the_dead_one(self):
        text = generate(100, 42, types=self.shards)
        path = self.write("a.tsv.gz", text)
        result = self.load("--degraded", files=[path],
                           servers=self.with_one_dead)
        self.assert_file(result, "a.tsv.gz", "done")
        self.assert_renamed(path)

    def test_one_dead_without_degraded(self):
        path = self.write("a.tsv.gz", self.text)
        result = self.load(files=[path], servers=self.with_one_dead, code=3)
        self.assertIn(self.with_one_dead["adid"], result.err)
        self.assert_kept(path)
        self.assert_holds({}, note=result)

    def test_what_helps_is_told_by_what_is_wrong(self):
        """And --degraded where there is a rest that it would load."""
        closing = self.fake()
        closing.script = lambda request: fake.close()
        silent = self.fake()
        silent.script = lambda request: fake.silence()
        web = self.fake()
        web.script = lambda request: fake.answer(b"HTTP/1.1 400 Bad\r\n")
        path = self.write("a.tsv.gz", self.text)
        for address, said in (
                (self.with_one_dead["adid"],
                 r"cannot connect: Connection refused\. Start it"),
                # the latter where there is no DNS to ask
                ("no-such-host.invalid:1", r"its host name does not resolve: "
                 r"(Name or service not known|Temporary failure in name "
                 r"resolution)\. Check the name"),
                (closing.address, r"the server closed the connection\. Look "
                 r"what listens there"),
                (web.address, r"it does not answer as memcached does: "
                 r'"HTTP/1\.1 400 Bad"\. Look what listens there'),
                (silent.address, r"it does not answer within --timeout\. See "
                 r"whether it hangs")):
            with self.subTest(said):
                result = self.load(*memc.HASTY, files=[path], code=3,
                                   servers={**self.servers, "adid": address})
                self.assertRegex(result.err, rf"E shard adid \({address}\): "
                                 rf"{said}\n")
                self.assertIn("the others answer: --degraded loads their "
                              "shards alone\n", result.err)
        dead = {name: f"unix:{self.dir}/none" for name in records.TYPES}
        result = self.load(files=[path], code=3, servers=dead)
        self.assertNotIn("--degraded", result.err)

    def test_all_dead(self):
        path = self.write("a.tsv.gz", self.text)
        dead = {name: f"127.0.0.1:{servers.free_port()}"
                for name in records.TYPES}
        for args in ((), ("--degraded",)):
            self.load(*args, files=[path], servers=dead, code=3)
            self.assert_kept(path)

    def test_one_that_accepts_and_never_answers(self):
        it = self.server("mute", tcp=True)
        it.pause()
        path = self.write("a.tsv.gz", self.text)
        result = self.load(*memc.HASTY, files=[path],
                           servers={**self.servers, "adid": it}, code=3)
        self.assertRegex(result.err, rf"E shard adid \({it.address}\): it does "
                         r"not answer within --timeout")
        self.assert_kept(path)
        it.resume()

    def test_a_host_that_is_no_host(self):
        path = self.write("a.tsv.gz", self.text)
        result = self.load(files=[path], code=None, servers={
            **self.servers, "adid": "no-such-host.invalid:11211"})
        self.assertIn(result.code, (2, 3), result)
        self.assertIn("no-such-host.invalid", result.err)
        self.assert_kept(path)

    def test_a_server_that_is_no_memcached(self):
        it = self.fake()
        it.script = lambda request: lambda *_: b"220 smtp ready\r\n"
        path = self.write("a.tsv.gz", self.text)
        result = self.load(files=[path],
                           servers={**self.servers, "adid": it}, code=3)
        self.assertRegex(result.err, rf"E shard adid \({it.address}\): it does "
                         r'not answer as memcached does: "220 smtp ready"')
        self.assert_kept(path)


class Full(memc.LoadTest):
    """A server that may not evict and has little memory."""

    tcp = False
    shards = ("idfa",)
    server_args = ("-M",)
    megabytes = 2

    def setUp(self):
        super().setUp()
        # some 6 MB for 2 MB of memory; each line its own key
        self.text = generate(2000, 81, types=("idfa",), apps=(800, 1200))
        self.expected = records.read(self.text)

    def fill(self, mode, *args, code=1):
        server = self.server(f"full{mode}", megabytes=2)
        path = self.write("a.tsv.gz", self.text)
        result = self.load("--mode", mode, "--retries", "1", "--retry-delay",
                           "1", *args, files=[path], servers={"idfa": server},
                           code=code)
        return server, path, result

    def test_what_is_refused_is_failed_and_what_is_stored_is_there(self):
        for mode in ("multi", "set"):
            with self.subTest(mode):
                server, path, result = self.fill(mode)
                want = self.expected.stored()["idfa"]
                totals = result.totals
                self.assertGreater(totals["failed"], 0)
                self.assertGreater(totals["stored"], 0)
                self.assertEqual(totals["stored"] + totals["failed"],
                                 len(want))
                self.assertEqual(result.shard("idfa")["out_of_memory"],
                                 totals["failed"])
                self.assertRegex(result.out, r"% of its records failed, and "
                                 r"--max-error-rate is 1 %: give its servers "
                                 r"more memory \(memcached -m\), then load it "
                                 r"again\n")
                got = server.items(want)
                self.assertEqual(len(got), totals["stored"], result)
                for key, value in got.items():
                    self.assertEqual(value, want[key])
                self.assert_file(result, "a.tsv.gz", "failed")
                self.assert_kept(path)

    def test_noreply_cannot_know_but_the_books_do(self):
        server, path, result = self.fill("noreply")
        self.assertEqual(result.totals["sent"], self.expected.lines)
        self.assertEqual(result.totals["stored"], 0)
        missing = (self.expected.lines
                   - len(server.items(self.expected.stored()["idfa"])))
        self.assertGreater(missing, 0)
        self.assertRegex(result.err, rf"E shard idfa .*: it counts "
                                     rf"{missing:,} sets fewer")
        self.assert_file(result, "a.tsv.gz", "failed", "shortfall")
        self.assert_kept(path)

    def test_a_full_one_costs_the_others_nothing(self):
        other = self.server("roomy", args=(), megabytes=64)
        full = self.server("full", megabytes=2)
        text = (self.text + generate(500, 82, types=("gaid",))
                + self.text.replace(b"idfa", b"gaid")[:50_000])
        text = text[:text.rindex(b"\n") + 1]
        expected = records.read(text)
        path = self.write("a.tsv.gz", text)
        result = self.load("--retries", "0", files=[path], code=1,
                           servers={"idfa": full, "gaid": other})
        self.assertEqual(result.shard("gaid")["stored"],
                         expected.count("gaid"))
        self.assertEqual(other.items(expected.stored()["gaid"]),
                         expected.stored()["gaid"])


class Crowded(memc.LoadTest):
    """A server that takes few connections."""

    def test_refused_at_the_door(self):
        """`ERROR Too many open connections`, as long as others are in."""
        it = self.fake()
        text = generate(memc.scale(2000, 200), 91, types=("idfa",))
        expected = records.read(text)

        def script(request):
            # the probes' connections got in; the next two do not
            if request.verb in ("stats", "version") and not it.greetings \
                    and it.n_connections == memc.N_PROBES:
                it.greetings.extend(
                    [b"ERROR Too many open connections\r\n"] * 2)

        it.script = script
        path = self.write("a.tsv.gz", text)
        result = self.load("--connections", "2", files=[path],
                           servers={"idfa": it})
        self.assert_counts(result, expected)
        self.assertEqual(it.items, expected.stored()["idfa"])

    def outsiders(self, server):
        """Connections of other clients: as many as the server takes."""
        held = []
        while True:
            sock = servers.connect(server.address)
            self.addCleanup(sock.close)
            try:
                sock.sendall(b"mn\r\n")
                is_in = sock.recv(100) == b"MN\r\n"
            except OSError:
                is_in = False
            if not is_in:
                return held
            held.append(sock)

    def crowd(self, name, *args):
        """A load that finds one place free; returns once others of its
        connections were turned away."""
        server = self.server(name, tcp=True, args=("-c", "64"))
        held = self.outsiders(server)
        n_in = self.told_by(held[0], b"curr_connections")
        n_refused = self.told_by(held[0], b"rejected_connections")
        held.pop().close()
        memc.wait_until(lambda: self.told_by(
            held[0], b"curr_connections") < n_in, "a place is free")
        path = self.write(f"{name}.tsv.gz", self.text)
        running = self.start("--connections", "3", *args, files=[path],
                             servers={"idfa": server})
        memc.wait_until(
            lambda: not running.is_running() or n_refused < self.told_by(
                held[0], b"rejected_connections"), "a connection is refused")
        return server, held, path, running

    def told_by(self, sock, name):
        sock.sendall(b"stats\r\n")
        said = b""
        while not said.endswith(b"END\r\n"):
            said += sock.recv(1 << 16)
        return int(said.split(b"STAT %s " % name)[1].split(b"\r\n")[0])

    text = generate(200, 92, types=("idfa",), apps=(1, 5))

    def test_others_leave_in_time(self):
        expected = records.read(self.text)
        for mode in memc.MODES:
            with self.subTest(mode):
                server, held, path, running = self.crowd(mode, "--mode", mode)
                for sock in held:
                    sock.close()
                result = self.check(running)
                self.assert_counts(result, expected, mode)
                self.assert_holds(expected.stored(), {"idfa": server}, result)
                self.assert_renamed(path, result)

    def test_others_stay(self):
        """What goes by the one connection that got in is stored: all lines
        but those in the file of failed ones."""
        lines = self.text.splitlines(keepends=True)
        # at once: they wait for the outage to be over
        crowds = {mode: self.crowd(f"{mode}stay", "--mode", mode,
                                   "--max-outage", "3", "--retry-delay", "10")
                  for mode in memc.MODES}
        for mode, (server, held, path, running) in crowds.items():
            with self.subTest(mode):
                result = self.check(running, 1)
                for sock in held:
                    sock.close()
                self.assert_file(result, path.name, "failed")
                self.assert_kept(path, result)
                totals = result.totals
                failed = path.with_name(path.name + ".rejects.tsv")
                failed = failed.read_bytes().splitlines(keepends=True)
                self.assertEqual(len(failed), totals["failed"], result)
                self.assertLess(0, len(failed), result)
                self.assertLess(0, totals["stored"] + totals["sent"], result)
                stored = [line for line in lines if line not in failed]
                self.assertEqual(len(stored) + len(failed), len(lines))
                self.assert_holds(records.read(b"".join(stored)).stored(),
                                  {"idfa": server}, result)


class Evicting(memc.LoadTest):
    """A tiny server that evicts."""

    def load_too_much(self, mode, most, code):
        server = self.server(f"{mode}{most}", megabytes=2)
        text = generate(2000, 83, types=("idfa",), apps=(800, 1200))
        expected = records.read(text)
        path = self.write("a.tsv.gz", text)
        result = self.load("--mode", mode, "--max-evictions", str(most),
                           files=[path], servers={"idfa": server}, code=code)
        self.assert_counts(result, expected, mode)
        evictions = result.shard("idfa")["evictions"]
        self.assertGreater(evictions, 0)
        self.assertEqual(evictions, server.counter("evictions"))
        want = expected.stored()["idfa"]
        got = server.items(want)
        self.assertEqual(len(got), len(want) - evictions)
        self.assertLessEqual(got.items(), want.items())
        return path, result

    def test_more_than_may_be(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                path, result = self.load_too_much(mode, 0, 1)
                self.assert_file(result, "a.tsv.gz", "failed", "evictions")
                self.assertIn("--max-evictions is 0: give memcached more "
                              "memory (-m)", result.err)
                self.assert_kept(path, result)

    def move_pages(self, server):
        """Takes pages from the largest class until items went with one."""
        slabs = server.stats("slabs")
        pages = {name.split(":")[0]: int(n) for name, n in slabs.items()
                 if name.endswith(":total_pages")}
        largest = max(pages, key=pages.get)

        def has_moved():
            if not int(server.stats()["slab_reassign_running"]):
                servers.ask(server.address,
                            f"slabs reassign {largest} 30\r\n".encode(),
                            b"\r\n")
            return server.counter("slab_reassign_evictions_nomem") > 0

        memc.wait_until(has_moved, "items went with a page")

    def test_with_pages_that_are_moved(self):
        """memcached counts these apart."""
        server = self.server("moved", megabytes=64)
        text = generate(40_000, 84, types=("idfa",), apps=(40, 60))
        lines = text.splitlines(True)
        running = self.start("--max-evictions", "0", "--batch", "1000",
                             files=["-"], servers={"idfa": server}, stdin=b"")
        running.feed(b"".join(lines[:30_000]), last=False)
        self.wait_while(running, lambda: server.counter("cmd_set") > 20_000,
                        "most is stored")
        self.move_pages(server)
        running.feed(b"".join(lines[30_000:]), last=True)
        result = self.check(running, 1)
        self.assert_file(result, "-", "failed", "evictions")
        told = result.shard("idfa")["evictions"]
        self.assertEqual(told, server.counter("slab_reassign_evictions_nomem")
                         + server.counter("evictions"), result)
        want = records.read(text).stored()["idfa"]
        self.assertEqual(len(server.items(want)), len(want) - told)
        self.assertRegex(result.err, rf"W shard idfa .*: it evicted .* "
                         r"slab_reassign_evictions_nomem")

    def test_fewer_than_may_be(self):
        for mode in memc.MODES:
            with self.subTest(mode):
                path, result = self.load_too_much(mode, 2000, 0)
                self.assert_file(result, "a.tsv.gz", "done")
                self.assert_renamed(path, result)


class Small(memc.LoadTest):
    """A server with a small -I."""

    ARGS = ("-I", "8k", "-o", "slab_chunk_max=4096")
    # every fifth is some 12 KB, too much for 8 KiB
    text = b"".join(
        generate(4, 84, types=("idfa",), apps=(1, 50), first=5 * at)
        + generate(1, 84, types=("idfa",), apps=(4000, 4000),
                   first=5 * at + 4) for at in range(40))

    def test_known_before(self):
        """Never sent: a refused set would take the old value away."""
        expected = records.read(self.text, item_max=8192)
        self.assertEqual(expected.rejects, {"too_large": 40})
        for mode in memc.MODES:
            with self.subTest(mode):
                server = self.server(mode, args=self.ARGS)
                old = {item.key: b"old" for item in
                       records.read(self.text).items
                       if len(item.value) > 8192}
                for key, value in old.items():
                    server.put(key, value)
                path = self.write("a.tsv.gz", self.text)
                result = self.load("--mode", mode, "--max-error-rate", "0.5",
                                   files=[path], servers={"idfa": server})
                self.assert_counts(result, expected, mode)
                self.assertEqual(server.counter("store_too_large"), 0)
                self.assert_holds({"idfa": {**old,
                                            **expected.stored()["idfa"]}},
                                  {"idfa": server}, result)

    def test_only_since_a_restart(self):
        """The load knows of the old limit: the server refuses, by name."""
        expected = records.read(self.text, item_max=8192)
        more = generate(400, 85, types=("gaid",))
        for mode in ("set", "multi"):
            with self.subTest(mode):
                server = self.server(f"{mode}again", tcp=True)
                other = self.server(f"{mode}other")
                it = self.proxy(other.address)
                it.hold_after(1000)
                path = self.write("a.tsv.gz", self.text + more)
                running = self.start("--mode", mode, "--max-error-rate", "0.5",
                                     "--batch", "100", files=[path],
                                     servers={"idfa": server, "gaid": it})
                it.wait_held()
                self.wait_begun(running, server)
                server.stop()
                server.args = list(self.ARGS)
                server.start()
                it.release()
                result = self.check(running)
                self.assertEqual(result.rejects, {"too_large": 40}, result)
                self.assertEqual(result.totals["stored"],
                                 len(expected.items) + 400, result)
                self.assertGreater(server.counter("store_too_large"), 0)
                self.assert_holds(expected.stored(), {"idfa": server}, result)
                self.assert_holds(records.read(more).stored(),
                                  {"gaid": other}, result)


if __name__ == "__main__":
    memc.main()
