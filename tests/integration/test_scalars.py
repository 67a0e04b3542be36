#!/usr/bin/python3
"""Each scalar type of protobuf: its limits, what lies beyond them, junk and
nothing at all; what is stored is what protoc --encode makes of the same
value, byte for byte."""

import base64
import calendar
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import protobuf  # noqa: E402

NUMBERS = ("int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
           "fixed64", "sfixed32", "sfixed64", "float", "double")
TYPES = NUMBERS + ("bool", "string", "bytes", "Kind")

JUNK = [b"", b"-", b"+", b"1x", b"x1", b" 1", b"1 ", b"1,5", b"0x10", b"--1",
        b"+-1", b"nan", b"inf", b"-infinity", b"NULL", b"null", b"None", b"1_0",
        b"1\xff", "١".encode(), b"\xc2\xa01", b"1\x1b", b"1e", b".", b"1e+"]


def integers(kind):
    """(good, bad) texts; a good one is (text, as the text format has it)."""
    bits = 64 if kind.endswith("64") else 32
    is_signed = not kind.startswith(("u", "f"))
    low = -(1 << bits - 1) if is_signed else 0
    high = (1 << bits - is_signed) - 1
    values = {low, low + 1, 0, 1, 127, 128, 255, 256, 300, 16383, 16384,
              high - 1, high, high // 2}
    values |= {1 << n for n in range(bits - is_signed)}
    if is_signed:
        values |= {-(1 << n) for n in range(bits)} | {-1, -127, -128, -129}
    good = [(str(v).encode(), str(v)) for v in sorted(values)]
    good += [(b"0007", "7"), (b"0" * 60 + str(high).encode(), str(high))]
    bad = [str(v).encode() for v in (low - 1, high + 1, high * 10, 1 << 64,
                                     (1 << 64) + 1, -(1 << 63) - 1, 10 ** 40)]
    bad += JUNK + [b"+1", b"1.0", b"1.", b"1e3", b"true"]
    if is_signed:
        good.append((b"-0", "0"))
    else:
        bad.append(b"-0")
    return good, bad


def reals(kind):
    texts = ["0", "-0", "1", "-1", "+1.5", "5.", ".5", "-.5e1", "1e3", "1E-3",
             "0.1", "55.1", "-122.419415512", "16777217", "9007199254740993",
             "1e-400", "1.1754943508222875e-38", "1.4e-45", "7e-46", "0007.50",
             "3.4028234663852886e38", "-3.4028234663852886e38",
             "0.30000000000000004440892098500626", "1" + "0" * 38]
    bad = [b"1e309", b"-1e309", b"1" + b"0" * 309, b"1,5", b"1.5.5", b"1f",
           b"0x1p3", b"1e5.5", b"Infinity", b"1e999999999999999999999"]
    if kind == "double":
        texts += ["1.7976931348623157e308", "5e-324", "2e-324", "1e39",
                  "2.2250738585072011e-308", "-4.9406564584124654e-324"]
    else:
        bad += [b"1e39", b"-1e39", b"3.4028235677973367e38"]
    # its double, in digits that protoc reads as the same
    return ([(t.encode(), repr(float(t))) for t in texts], bad + JUNK)


def cases(kind, is_open):
    """(good, bad) of a type."""
    if kind in ("float", "double"):
        return reals(kind)
    if kind in NUMBERS:
        return integers(kind)
    if kind == "bool":
        return ([(b"true", "true"), (b"1", "true"), (b"false", "false"),
                 (b"0", "false")],
                JUNK + [b"True", b"TRUE", b"yes", b"2", b"-1", b"01", b"t"])
    if kind == "Kind":
        good = [(b"NONE", "NONE"), (b"ONE", "ONE"), (b"1", "ONE"),
                (b"LEAST", "LEAST"), (b"-2147483648", "LEAST"),
                (b"2147483647", "MOST"), (b"UNO", "ONE"), (b"0", "NONE")]
        bad = JUNK + [b"one", b"Kind.ONE", b"ONE ", b"2147483648",
                      b"-2147483649", b"ON", b"ONE_"]
        for text in (b"7", b"-7"):  # nobody's
            if is_open:
                good.append((text, text.decode()))
            else:
                bad.append(text)
        return good, bad
    texts = ["a", "  blanks  ", "жив", "🐿", "\U0010ffff", "\x01\x1b\x7f", '"',
             "\\n", "a'b", "\ufeff", "x" * 127, "x" * 128, "x" * 70000]
    good = [(t.encode(), protobuf.quoted(t)) for t in texts]
    if kind == "string":
        return good, [b"", b"\xff", b"a\x80", b"\xc0\xaf", b"\xed\xa0\x80",
                      b"\xf4\x90\x80\x80", b"01234567\xe2\x82"]
    odd = [b"\xff", b"\xc0\xaf", bytes(set(range(1, 256)) - set(b"\t\n\r|"))]
    return good + [(b, protobuf.quoted(b)) for b in odd], [b""]


PROTO2 = """syntax = "proto2"; package two;
enum Kind { option allow_alias = true;
  NONE = 0; ONE = 1; UNO = 1; LEAST = -2147483648; MOST = 2147483647; }
""" + "".join(
    f"message Of_{t} {{ optional {t} opt = 1; required {t} req = 2;\n"
    f"  repeated {t} list = 3; oneof one {{ {t} member = 5; }}\n" +
    ("" if t in ("string", "bytes") else
     f"  repeated {t} packed = 4 [packed = true];\n") + "}\n" for t in TYPES)

PROTO3 = """syntax = "proto3"; package three;
enum Kind { option allow_alias = true;
  NONE = 0; ONE = 1; UNO = 1; LEAST = -2147483648; MOST = 2147483647; }
""" + "".join(
    f"message Of_{t} {{ {t} plain = 1; optional {t} opt = 2;\n"
    f"  repeated {t} list = 3; oneof one {{ {t} member = 536870911; }} }}\n"
    for t in TYPES)

DEFAULTS = {"int32": "-7", "int64": "-9223372036854775808", "uint32": "7",
            "uint64": "18446744073709551615", "sint32": "-1", "sint64": "-2",
            "fixed32": "3", "fixed64": "4", "sfixed32": "-5", "sfixed64": "-6",
            "float": "1.5", "double": "-0.25", "bool": "true",
            "string": '"by \\"default\\""', "bytes": '"\\377\\000a"',
            "Kind": "TWO"}

EMPTY2 = """syntax = "proto2"; package empty2;
enum Kind { ONE = 1; TWO = 2; }
message All {
""" + "".join(f"  optional {t} d_{t} = {n} [default = {DEFAULTS[t]}];\n"
              f"  optional {t} n_{t} = {n + 100};\n  repeated {t} l_{t} = "
              f"{n + 200};\n" for n, t in enumerate(TYPES, 1)) + "}\n"

EMPTY3 = """syntax = "proto3"; package empty3;
enum Kind { ZERO = 0; TWO = 2; }
message All {
""" + "".join(f"  {t} d_{t} = {n};\n  optional {t} n_{t} = {n + 100};\n"
              f"  repeated {t} l_{t} = {n + 200};\n"
              for n, t in enumerate(TYPES, 1)) + "}\n"


class ScalarTest(memc.LoadTest):
    shards = ("all",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.class_dir
        cls.address = cls.servers["all"].address
        for name, text in (("two", PROTO2), ("three", PROTO3),
                           ("empty2", EMPTY2), ("empty3", EMPTY3)):
            setattr(cls, name, protobuf.Schema(cls.folder, text, name))

    def store(self, schema, message, fields, columns, code=0, **more):
        """Loads columns as v of keys 0, 1, ...: {key: value}, rejects."""
        self.flush_all()
        mapping = protobuf.write_mapping(
            self.dir / "mapping.yml", protobuf.hashed(self.address, {
                "descriptor": str(schema.descriptor), "message": message,
                "fields": fields}))
        text = b"".join(b"%d\t%s\n" % row for row in enumerate(columns))
        path = self.write("a.tsv.gz", text)
        result = self.load("--mapping", mapping, "--max-error-rate", "1",
                           servers={}, files=[path], code=code, **more)
        rejects = path.with_name(path.name + ".rejects.jsonl")
        rows = ([json.loads(row) for row in
                 rejects.read_text("utf-8").splitlines()]
                if rejects.exists() else [])
        keys = [b"%d" % n for n in range(len(columns))]
        return self.servers["all"].items(keys), rows, result

    def check_type(self, schema, kind, fields):
        """Good ones are what protoc makes of them, bad ones are rejected."""
        message = f"{schema.name}.Of_{kind}"
        good, bad = cases(kind, is_open=schema is self.three)
        columns = [text for text, _ in good] + bad
        got, rejects, result = self.store(schema, message, {
            name: ({"column": "v", "split": "|"} if name in ("list", "packed")
                   else "v") for name in fields}, columns)
        want = schema.encode(message, [
            " ".join(f"{name}: {value}" for name in fields)
            for _, value in good])
        for n, (text, value) in enumerate(good):
            self.assertEqual(got.get(b"%d" % n), want[n],
                             f"{kind} {text[:99]!r} {value[:99]}\n{result}")
        self.assertEqual(len(got), len(good), result)
        reason = "bad_number" if kind in NUMBERS else "bad_value"
        self.assertEqual(
            [(row["line"], row["reason"], row["detail"]) for row in rejects],
            [(len(good) + n, reason, "v") for n in range(1, len(bad) + 1)],
            result)


class Limits(ScalarTest):
    def test_proto2(self):
        for kind in TYPES:
            more = () if kind in ("string", "bytes") else ("packed",)
            with self.subTest(kind):
                self.check_type(self.two, kind,
                                ("opt", "req", "list", "member", *more))

    def test_proto3(self):
        for kind in TYPES:
            with self.subTest(kind):
                self.check_type(self.three, kind,
                                ("plain", "opt", "list", "member"))

    def test_floats_and_doubles_of_random_bits(self):
        """Written in as many digits as it takes, read back to the bit."""
        count = memc.scale(4000, least=200)
        for kind, form in (("double", "<d"), ("float", "<f")):
            values = []
            for raw in iter(lambda form=form: os.urandom(
                    struct.calcsize(form)), None):
                (value,) = struct.unpack(form, raw)
                if value - value == 0:
                    values.append(value)
                if len(values) == count:
                    break
            got, rejects, result = self.store(
                self.two, f"two.Of_{kind}", {"req": "v"},
                [repr(value).encode() for value in values])
            self.assertFalse(rejects, result)
            tag = b"\x11" if kind == "double" else b"\x15"
            self.assertEqual(got, {
                b"%d" % n: tag + struct.pack(form, value)
                for n, value in enumerate(values)})


class Empty(ScalarTest):
    def test_a_single_field_rejects_it_unless_told_otherwise(self):
        for kind in TYPES:
            reason = "bad_number" if kind in NUMBERS else "bad_value"
            for how in ("v", {"column": "v", "empty": "reject"}):
                with self.subTest(kind, how=how):
                    _, rejects, result = self.store(
                        self.three, f"three.Of_{kind}", {"opt": how}, [b""],
                        code=1)
                    self.assertEqual([row["reason"] for row in rejects],
                                     [reason], result)

    def all_of(self, schema, prefixes, how):
        return {f"{p}_{t}": {"column": "v", **how}
                for p in prefixes for t in TYPES}, f"{schema.name}.All"

    def check_empty(self, schema, fields, message, text):
        got, rejects, result = self.store(schema, message, fields, [b""])
        self.assertFalse(rejects, result)
        self.assertEqual(got, {b"0": schema.encode(message, [text])[0]}, result)

    def test_skip_leaves_every_type_out(self):
        for schema in (self.empty2, self.empty3):
            with self.subTest(schema.name):
                fields, message = self.all_of(schema, "dn", {"empty": "skip"})
                self.check_empty(schema, fields, message, "")

    def test_default_is_the_schema_s_own_in_proto2(self):
        fields, message = self.all_of(self.empty2, "d", {"empty": "default"})
        self.check_empty(self.empty2, fields, message, " ".join(
            f"d_{t}: {DEFAULTS[t]}" for t in TYPES))

    def test_default_is_zero_in_proto3(self):
        zeros = dict.fromkeys(NUMBERS, "0") | {
            "bool": "false", "string": '""', "bytes": '""', "Kind": "ZERO"}
        fields, message = self.all_of(self.empty3, "dn", {"empty": "default"})
        self.check_empty(self.empty3, fields, message, " ".join(
            f"{p}_{t}: {zeros[t]}" for p in "dn" for t in TYPES))

    def test_a_list_of_nothing_has_no_elements(self):
        for schema in (self.empty2, self.empty3):
            fields, message = self.all_of(schema, "l", {"split": ","})
            self.check_empty(schema, fields, message, "")


class Encodings(ScalarTest):
    DATA = [b"\0", b"\xff\x00a", b"f", b"fo", b"foo", bytes(range(256))]

    def check_encoding(self, name, texts, bad):
        got, rejects, result = self.store(
            self.two, "two.Of_bytes",
            {"req": {"column": "v", "encoding": name},
             "list": {"column": "v", "encoding": name, "split": ","}},
            [text for text, _ in texts] + bad)
        want = self.two.encode("two.Of_bytes", [
            f"req: {protobuf.quoted(data)} list: {protobuf.quoted(data)}"
            for _, data in texts])
        self.assertEqual(got, {b"%d" % n: w for n, w in enumerate(want)},
                         result)
        self.assertEqual([row["reason"] for row in rejects],
                         ["bad_value"] * len(bad), result)

    def test_hex(self):
        texts = [(f(data.hex()).encode(), data) for data in self.DATA
                 for f in (str.lower, str.upper)]
        self.check_encoding("hex", texts, [b"", b"0", b"0g", b"0x00", b"00 00"])

    def test_base64(self):
        texts = []
        for data in self.DATA:
            for encode in base64.b64encode, base64.urlsafe_b64encode:
                texts += [(encode(data), data), (encode(data).rstrip(b"="),
                                                 data)]
        self.check_encoding("base64", texts,
                            [b"", b"A", b"A===", b"Zg=", b"Zh==", b"+_AA",
                             b"Zm9v Zm9v", b"Zm9v="])


class Times(ScalarTest):
    def test_each_unit_of_a_time(self):
        seconds = calendar.timegm((2024, 2, 29, 12, 34, 56))
        texts = [b"2024-02-29T12:34:56.789012345+00:00",
                 b"2024-02-29T14:34:56.789012345+02:00",
                 b"2024-02-29T12:34:56.789012345Z",
                 b"2023-02-29T12:34:56.0Z", b"2024-02-29", b"1709210096", b""]
        for unit, power in (("s", 0), ("ms", 3), ("us", 6), ("ns", 9)):
            with self.subTest(unit):
                got, rejects, result = self.store(
                    self.two, "two.Of_int64",
                    {"req": {"column": "v", "time": "%Y-%m-%dT%H:%M:%S.%f%z",
                             "unit": unit}}, texts)
                whole = (seconds * 10 ** 9 + 789012345) // 10 ** (9 - power)
                want = self.two.encode("two.Of_int64", [f"req: {whole}"])[0]
                self.assertEqual(got, dict.fromkeys((b"0", b"1", b"2"), want))
                self.assertEqual([row["reason"] for row in rejects],
                                 ["bad_value"] * 4, result)

    def test_a_time_that_the_type_cannot_hold_is_bad(self):
        for kind, text in (("int32", b"2038-01-20"), ("uint32", b"1969-12-31"),
                           ("uint64", b"1969-12-31")):
            with self.subTest(kind):
                got, rejects, result = self.store(
                    self.two, f"two.Of_{kind}",
                    {"req": {"column": "v", "time": "%Y-%m-%d"}},
                    [text, b"2001-09-09"])
                self.assertEqual([row["line"] for row in rejects], [1], result)
                self.assertEqual(got, {b"1": self.two.encode(
                    f"two.Of_{kind}", ["req: 999993600"])[0]}, result)


if __name__ == "__main__":
    memc.main()
