#!/usr/bin/python3
"""The harness itself: the fake against a real memcached, the proxy's faults,
the encoder against the decoder and against the bytes of the contract. No run
of the program; when this fails, no other integration test means anything."""

import os
import random
import socket
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import fake  # noqa: E402
import memc  # noqa: E402
import records  # noqa: E402
import servers  # noqa: E402

VECTOR = bytes.fromhex("08 01 08 02 08 03 11 cd cc cc cc cc 8c 4b 40"
                       "19 cd cc cc cc cc 8c 4b 40")


def talk(address, request, n_lines):
    """The first lines of the answer."""
    with servers.connect(address) as sock:
        sock.sendall(request)
        stream = sock.makefile("rb")
        return [stream.readline() for _ in range(n_lines)]


class Records(memc.LoadTest):
    def test_the_vector_of_the_contract(self):
        self.assertEqual(records.pack([1, 2, 3], 55.1, 55.1), VECTOR)
        self.assertEqual(records.unpack(VECTOR), ([1, 2, 3], 55.1, 55.1))

    def test_packing_and_unpacking_agree(self):
        rng = random.Random(1)
        for _ in range(300):
            apps = [rng.randrange(1 << rng.randrange(1, 33))
                    for _ in range(rng.randrange(20))]
            lat, lon = rng.uniform(-90, 90), rng.uniform(-180, 180)
            self.assertEqual(records.unpack(records.pack(apps, lat, lon)),
                             (apps, lat, lon))

    def test_the_decoder_refuses_what_is_no_record(self):
        for cut in range(1, len(VECTOR)):
            if cut in (2, 4, 6, 15):  # whole fields are a whole record
                continue
            with self.assertRaises(ValueError, msg=f"{cut} bytes"):
                records.unpack(VECTOR[:cut])
        with self.assertRaises(ValueError):
            records.unpack(b"\x22\x00")

    def test_the_model_judges_each_kind_of_line(self):
        line = records.line
        text = b"".join([
            line(), line(end="\r\n"), line(end="\r"), b" \t \n",
            line(ident="a\0"), b"x\ty\n", line(ident=""), line(ident="a b"),
            line(kind="ipad"), line(lat="nan"), line(lat="137.4"),
            line(apps=""), line(apps="1, 2 ,x,-3"), line(end=""),
        ])
        got = records.read(b"\xef\xbb\xbf" + text)
        self.assertEqual(got.lines, 14)
        self.assertEqual(got.blank, 1)
        self.assertEqual([tuple(bad) for bad in got.bad], [
            (5, "bad_line"), (6, "columns"), (7, "empty_key"), (8, "bad_key"),
            (9, "unknown_type"), (10, "bad_number")])
        self.assertEqual((got.out_of_range, got.skipped_app), (1, 2))
        self.assertEqual(len(got.items), 7)
        self.assertEqual(records.unpack(got.items[5].value)[0], [1, 2])

    def test_the_generator_repeats_itself_and_makes_good_lines(self):
        text = records.generate(500, 7, keys=50)
        self.assertEqual(text, records.generate(500, 7, keys=50))
        got = records.read(text)
        self.assertEqual((got.lines, got.blank, got.bad), (500, 0, []))
        self.assertEqual(set(got.stored()), set(records.TYPES))
        self.assertGreater(len({item.value for item in got.items}), 450)

    def test_broken_gzip_gives_what_was_before_the_break(self):
        text = records.generate(50, 3)
        self.assertEqual(records.inflate_all(records.member(text) * 2),
                         text * 2)
        self.assertEqual(records.inflate_all(records.broken_off(text)), text)
        self.assertEqual(
            records.inflate_all(records.flipped(records.member(text), -6)),
            text)


class Fakes(memc.LoadTest):
    shards = ("real",)

    TALK = (
        b"mn\r\n"
        b"ms a 3\r\nabc\r\n"
        b"ms a 3 q\r\nabd\r\n"
        b"mg a v\r\n"
        b"mg a v f t\r\n"
        b"mg nope v\r\n"
        b"mg nope v q\r\n"
        b"set b 0 0 2\r\nxy\r\n"
        b"set c 0 0 2 noreply\r\nzz\r\n"
        b"get b c nope\r\n"
        b"ms d 0 T0 q\r\n\r\n"
        b"mg d v\r\n"
        b"what\r\n"
        b"ms\r\n"
        b"mn\r\n"
    )

    def test_the_fake_answers_as_a_real_one(self):
        it = self.fake()
        want = talk(self.servers["real"].address, self.TALK, 18)
        self.assertEqual(talk(it.address, self.TALK, 18), want)
        self.assertEqual(want[-1], b"MN\r\n", want)

    def test_both_tell_the_same_facts(self):
        it = self.fake()
        real = self.servers["real"]
        for name in ("pid", "time", "uptime", "version", "curr_connections",
                     "max_connections", "cmd_flush", "cmd_set", "evictions"):
            self.assertIn(name, real.stats())
            self.assertIn(name, servers.stats(it.address))
        for name in ("item_size_max", "maxconns"):
            self.assertIn(name, real.stats("settings"))
            self.assertIn(name, servers.stats(it.address, "settings"))

    def test_an_old_server_takes_a_meta_value_for_a_command(self):
        it = self.fake(has_meta=False)
        got = talk(it.address,
                   b"mn\r\nms a 1\r\nx\r\nset a 0 0 1\r\nx\r\n", 4)
        self.assertEqual(got, [b"ERROR\r\n"] * 3 + [b"STORED\r\n"])

    def test_a_script_refuses_and_the_old_value_is_gone(self):
        it = self.fake(lambda r: fake.refuse() if r.nth == 2 else None)
        got = talk(it.address, b"ms a 1 q\r\nx\r\nms a 1 q\r\ny\r\nmn\r\n", 2)
        self.assertEqual(
            got, [b"SERVER_ERROR out of memory storing object\r\n", b"MN\r\n"])
        self.assertEqual(it.items, {})
        self.assertEqual([r.value for r in it.sets], [b"x", b"y"])

    def test_a_script_cuts_and_greets(self):
        it = self.fake()
        it.greetings.append(b"ERROR Too many open connections\r\n")
        it.cuts.extend([0, 3])
        self.assertEqual(talk(it.address, b"", 2),
                         [b"ERROR Too many open connections\r\n", b""])
        for want in (b"", b"HD\r", b"HD\r\n"):
            got = servers.ask(it.address, b"ms a 1\r\nx\r\n", (b"HD\r\n",))
            self.assertEqual(got, want)

    def test_a_script_resets(self):
        it = self.fake(lambda r: fake.close(reset=True))
        with self.assertRaises(ConnectionResetError):
            servers.ask(it.address, b"mn\r\n", (b"MN\r\n",))

    def test_holding_stops_those_who_set_and_nobody_else(self):
        it = self.fake()
        it.hold_after(1)
        with servers.connect(it.address) as sock:
            sock.sendall(b"ms a 1\r\nx\r\nms b 1\r\ny\r\n")
            it.wait_held()
            self.assertEqual(it.items, {b"a": b"x"})
            self.assertEqual(talk(it.address, b"mn\r\n", 1), [b"MN\r\n"])
            it.release()
            it.wait_for(lambda: len(it.items) == 2, "both items")

    def test_reading_back_what_is_there(self):
        real = self.servers["real"]
        want = {b"k%d" % n: b"v" * n for n in range(1200)}
        for key, value in want.items():
            real.put(key, value)
        self.assertEqual(real.items(want), want)
        self.assertEqual(real.keys(), set(want))
        real.flush()
        self.assertEqual(real.items(want), {})


class Proxies(memc.LoadTest):
    shards = ("real",)

    def test_it_forwards(self):
        it = self.proxy(self.servers["real"].address)
        value = random.Random(5).randbytes(700_000)
        request = b"set big 0 0 %d\r\n%s\r\nget big\r\n" % (len(value), value)
        got = servers.ask(it.address, request, (b"END\r\n",))
        self.assertEqual(got, b"STORED\r\nVALUE big 0 %d\r\n%s\r\nEND\r\n"
                         % (len(value), value))

    def test_it_passes_a_half_closed_connection_on(self):
        it = self.proxy(self.servers["real"].address)
        with servers.connect(it.address) as sock:
            sock.sendall(b"mn\r\n")
            sock.shutdown(socket.SHUT_WR)
            self.assertEqual(sock.makefile("rb").read(), b"MN\r\n")

    def test_it_holds_at_a_byte(self):
        it = self.proxy(self.servers["real"].address)
        it.hold_after(len(b"set a 0 0 1\r\nx\r\n") + 4)
        with servers.connect(it.address) as sock:
            stream = sock.makefile("rb")
            sock.sendall(b"set a 0 0 1\r\nx\r\nset b 0 0 1\r\ny\r\n")
            self.assertEqual(stream.readline(), b"STORED\r\n")
            it.wait_held()
            self.assertEqual(it.forwarded, 20)
            self.assertEqual(self.servers["real"].keys(), {b"a"})
            it.release()
            self.assertEqual(stream.readline(), b"STORED\r\n")

    def test_it_lets_bytes_arrive_late(self):
        """Those of a connection that its client has closed long ago."""
        real = self.servers["real"]
        it = self.proxy(real.address)
        it.freeze_after(len(b"set a 0 0 1\r\nx\r\n"))
        with servers.connect(it.address) as sock:
            sock.sendall(b"set a 0 0 1\r\nx\r\nset a 0 0 1\r\ny\r\n")
            it.wait_frozen()
        # forwarded is not yet stored: another thread of it may be faster
        memc.wait_until(lambda: real.items([b"a"]) == {b"a": b"x"},
                        "the first set is done")
        self.assertEqual(talk(it.address, b"set a 0 0 1\r\nz\r\n", 1),
                         [b"STORED\r\n"])
        self.assertEqual(real.items([b"a"]), {b"a": b"z"})
        it.thaw()
        it.wait_late()
        self.assertEqual(real.items([b"a"]), {b"a": b"y"})

    def test_it_resets_at_a_byte(self):
        it = self.proxy(self.servers["real"].address)
        it.reset_after(20, 30)
        for left in (20, 50):
            with servers.connect(it.address) as sock:
                with self.assertRaises(OSError):
                    while True:
                        sock.sendall(b"mn\r\n")
                        if not sock.recv(100):
                            raise AssertionError("a polite end, no reset")
            self.assertEqual(it.forwarded, left)
        self.assertEqual(talk(it.address, b"mn\r\n", 1), [b"MN\r\n"])

    def test_it_goes_down_and_comes_up(self):
        it = self.proxy(self.servers["real"].address)
        with servers.connect(it.address) as sock:
            sock.sendall(b"mn\r\n")
            self.assertEqual(sock.recv(100), b"MN\r\n")
            it.down()
            with self.assertRaises(OSError):
                sock.recv(100)
        with self.assertRaises(OSError):
            servers.connect(it.address)
        it.up()
        self.assertEqual(talk(it.address, b"mn\r\n", 1), [b"MN\r\n"])


class Servers(memc.LoadTest):
    def test_a_port_server_stops_goes_on_and_comes_back(self):
        it = self.server("tcp", tcp=True)
        it.put(b"a", b"x")
        it.pause()
        with self.assertRaises(OSError):
            with servers.connect(it.address, 0.2) as sock:
                sock.sendall(b"mn\r\n")
                sock.recv(10)
        it.resume()
        self.assertEqual(it.items([b"a"]), {b"a": b"x"})
        address = it.address
        it.stop()
        with self.assertRaises(OSError):
            servers.connect(address)
        it.start()
        self.assertEqual(it.address, address)
        self.assertEqual(it.items([b"a"]), {})


if __name__ == "__main__":
    memc.main()
