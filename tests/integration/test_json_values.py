#!/usr/bin/python3
"""Values without a schema: JSON objects, read back by Python's json, of random
mappings and of the texts that take most room; and columns as they are."""

import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import protobuf  # noqa: E402

SEED = int(os.environ.get("SEED", time.time_ns() % 10 ** 9))
TYPES = ("string", "int", "uint", "double", "bool")
LETTERS = "abc019 _.{}[]:\"'\\/\x01\x08\x0c\x1b\x1f\x7fжü€🐿\u2028\ufeff"


class ValueTest(memc.LoadTest):
    shards = ("all",)

    def store(self, record, columns, rows, code=0, more=()):
        """Loads rows of columns, all as bytes: {key: value}, the Result."""
        self.flush_all()
        mapping = protobuf.write_mapping(
            self.dir / "mapping.yml",
            protobuf.hashed(self.servers["all"].address, record, columns))
        text = b"".join(b"\t".join(row) + b"\n" for row in rows)
        result = self.load("--mapping", mapping, *more, servers={}, code=code,
                           files=[self.write("a.tsv.gz", text)])
        return self.servers["all"].items([row[0] for row in rows]), result


class Json(ValueTest):
    def one(self, fields, columns, row, **more):
        got, result = self.store({"format": "json", "fields": fields},
                                 ["k", *columns], [[b"1", *row]], **more)
        self.assertEqual(list(got), [b"1"], result)
        return got[b"1"].decode()

    def test_the_bytes_of_each_type(self):
        text = self.one(
            {"name": "a", "n": {"column": "b", "type": "int"},
             "geo.lat": {"column": "c", "type": "double"},
             "geo.ok": {"column": "d", "type": "bool"},
             "apps": {"column": "e", "split": ",", "type": "uint"},
             "source": {"constant": "web"}}, "abcde",
            ['say "жив"'.encode(), b"-7", b"55.1", b"1", b"1,2,3"])
        self.assertEqual(text, '{"name":"say \\"жив\\"","n":-7,"geo":{"lat":'
                         '55.1,"ok":true},"apps":[1,2,3],"source":"web"}')

    def test_empty_columns(self):
        fields = {"a": {"column": "a", "empty": "skip"},
                  "b.c": {"column": "a", "type": "int", "empty": "skip"},
                  "d": {"column": "a", "split": ","}}
        self.assertEqual(json.loads(self.one(fields, "a", [b""])), {"d": []})
        fields = {t: {"column": "a", "type": t, "empty": "default"}
                  for t in TYPES}
        self.assertEqual(json.loads(self.one(fields, "a", [b""])), {
            "string": "", "int": 0, "uint": 0, "double": 0.0, "bool": False})

    def test_what_is_no_value_of_its_type_is_rejected(self):
        bad = {"int": [b"", b"1.5", b"9223372036854775808", b"x"],
               "uint": [b"", b"-1", b"18446744073709551616"],
               "double": [b"", b"nan", b"1e309", b"1,5"],
               "bool": [b"", b"yes"], "string": [b"", b"\xff"]}
        for kind, texts in bad.items():
            with self.subTest(kind):
                got, result = self.store(
                    {"format": "json",
                     "fields": {"v": {"column": "v", "type": kind}}},
                    ["k", "v"], [[b"%d" % n, text]
                                 for n, text in enumerate(texts)], code=1)
                reason = ("bad_number" if kind in ("int", "uint", "double")
                          else "bad_value")
                self.assertEqual(result.rejects, {reason: len(texts)}, result)
                self.assertFalse(got)

    def test_texts_that_take_most_room(self):
        """Each byte becomes six; every one of a list's items is empty."""
        rows = [[b"0", b"\x01" * 100_000, b""], [b"1", b"x", b"," * 100_000],
                [b"2", b"\x1f" * 50_000, b"\x02," * 25_000]]
        got, result = self.store(
            {"format": "json", "fields": {"a": "a", "b": {
                "column": "b", "split": ","}}}, ["k", "a", "b"], rows)
        self.assertEqual(len(got), 3, result)
        for key, a, b in rows:
            self.assertEqual(json.loads(got[key]), {
                "a": a.decode(), "b": b.decode().split(",") if b else []})

    def random_fields(self, rng):
        """{path: options}, a tree with leaves of every type."""
        fields, paths = {}, [""]
        for n in range(rng.randint(1, 10)):
            path = rng.choice(paths) + rng.choice(LETTERS[:6]) + str(n)
            if rng.random() < 0.3:
                paths.append(path + "o.")
            fields[path] = {"column": f"c{n}", "type": rng.choice(TYPES)}
            if rng.random() < 0.3:
                fields[path]["split"] = rng.choice(("|", "<>"))
            elif rng.random() < 0.5:
                fields[path]["empty"] = "skip"
        return fields

    def random_value(self, rng, kind, avoid=""):
        """(text, what Python's json makes of it)"""
        if kind == "string":
            letters = [c for c in LETTERS if c not in avoid]
            text = "".join(rng.choices(letters, k=rng.randint(1, 9)))
            return text, text
        if kind == "bool":
            value = rng.random() < 0.5
            words = ("true", "1") if value else ("false", "0")
            return rng.choice(words), value
        if kind == "double":
            value = rng.choice((rng.uniform(-180, 180), rng.random() * 1e-300,
                                float(rng.randint(-9, 9)), 1e17, 1e300, -0.0))
            return repr(value), value
        low = -1 << 63 if kind == "int" else 0
        value = rng.choice((0, low, low + (1 << 64) - 1, rng.randint(0, 300)))
        return str(value), value

    def random_row(self, rng, fields):
        columns, values = [], []
        for path, options in fields.items():
            kind, split = options["type"], options.get("split")
            if split:
                items = [self.random_value(rng, kind, "|<>")
                         for _ in range(rng.randint(0, 4))]
                columns.append(split.join(text for text, _ in items))
                value = [v for _, v in items]
            elif options.get("empty") and rng.random() < 0.4:
                columns.append("")
                continue
            else:
                text, value = self.random_value(rng, kind)
                columns.append(text)
            values.append((path, value))
        return [c.encode() for c in columns], self.tree(values)

    def tree(self, values):
        """An object whose columns are all empty is left out, with the lists
        of nothing in it."""
        there = {path[:at + 1] for path, value in values if value != []
                 for at in range(len(path)) if path[at] == "."}
        out = {}
        for path, value in values:
            *objects, name = path.split(".")
            if objects and path[:-len(name)] not in there:
                continue
            at = out
            for part in objects:
                at = at.setdefault(part, {})
            at[name] = value
        return out

    def test_random_rows_of_random_mappings(self):
        for seed in range(SEED, SEED + memc.scale(30, least=4)):
            rng = random.Random(seed)
            fields = self.random_fields(rng)
            rows = [self.random_row(rng, fields) for _ in range(100)]
            lines = [[b"%d" % n, *columns]
                     for n, (columns, _) in enumerate(rows)]
            names = ["k"] + [o["column"] for o in fields.values()]
            got, result = self.store(
                {"format": "json", "fields": fields}, names, lines)
            note = f"SEED={seed} {fields}\n{result}"
            for n, (columns, wanted) in enumerate(rows):
                value = got.get(b"%d" % n)
                self.assertIsNotNone(value, note)
                # repr: 1 is not 1.0 and not True
                self.assertEqual(
                    repr(sort(json.loads(value))), repr(sort(wanted)),
                    f"{columns}\n{value}\n{note}")


def sort(value):
    """Objects have no order."""
    if isinstance(value, dict):
        return {key: sort(value[key]) for key in sorted(value)}
    return value


class Raw(ValueTest):
    def test_a_column_is_the_value(self):
        values = [b"x", b"", b" blanks ", b"\xff\x00"[:1], bytes(
            set(range(1, 256)) - set(b"\t\r\n")), b"y" * 200_000]
        rows = [[b"%d" % n, value, b"-"] for n, value in enumerate(values)]
        got, result = self.store({"format": "raw", "column": "v"},
                                 ["k", "v", "_"], rows)
        self.assertEqual(got, {row[0]: row[1] for row in rows}, result)


if __name__ == "__main__":
    memc.main()
