#!/usr/bin/python3
"""Random messages of random schemas: what is stored decodes with protoc to
the message that protoc itself makes of the same values, and is the same bytes
where the order is not free.

Each run has a seed of its own, which a failure tells: SEED=N tries it again."""

import os
import random
import sys
import time

sys.path.insert(0, os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import memc  # noqa: E402
import protobuf  # noqa: E402
import random_schema  # noqa: E402

SEED = int(os.environ.get("SEED", time.time_ns() % 10 ** 9))


def as_csv(columns):
    return b",".join(
        b'"' + c.replace(b'"', b'""') + b'"'
        if any(byte in c for byte in b',"\n\r\t') else c for c in columns)


class RandomSchemas(memc.LoadTest):
    shards = ("all",)

    def check_schema(self, seed, n_rows):
        maker = random_schema.Maker(random.Random(seed))
        schema = protobuf.Schema(self.dir, maker.proto(), f"schema{seed}")
        message = f"any.{maker.root.name}"
        names = ["k"] + [leaf.column for leaf in maker.columns]
        record = {"message": message, "fields": maker.fields()}
        if maker.rng.random() < 0.2:
            record["proto"] = f"{schema.name}.proto"  # protoc is run
        else:
            record["descriptor"] = str(schema.descriptor)
        mapping = protobuf.hashed(self.servers["all"].address, record, names)
        if maker.is_csv:
            mapping["input"]["format"] = "csv"
        rows = [maker.row() for _ in range(n_rows)]
        lines = []
        for n, (columns, _) in enumerate(rows):
            line = [b"%d" % n] + [columns[name] for name in names[1:]]
            lines.append(as_csv(line) if maker.is_csv else b"\t".join(line))
        self.flush_all()
        path = protobuf.write_mapping(self.dir / f"{seed}.yml", mapping)
        result = self.load(
            "--mapping", path, servers={}, code=None,
            files=[self.write(f"{seed}.gz", b"\n".join(lines) + b"\n")])
        note = f"SEED={seed}\n{schema.text}\n{path.read_text()}\n{result}"
        self.assertEqual(result.code, 0, note)
        self.assertEqual(result.totals["stored"], n_rows, note)
        got = self.servers["all"].items([b"%d" % n for n in range(n_rows)])
        self.compare(schema, message, [got[b"%d" % n] for n in range(n_rows)],
                     [text for _, text in rows], note)

    def compare(self, schema, message, got, texts, note):
        wanted = schema.encode(message, texts)
        read = schema.decode(message, got)
        read_wanted = schema.decode(message, wanted)
        for n, text in enumerate(texts):
            if read[n] != read_wanted[n]:
                self.fail(f"row {n}, {text}\n{read[n]}\nnot\n{read_wanted[n]}"
                          f"\n{note}")
            # a map's entries have no order
            if got[n] != wanted[n] and "map<" not in schema.text:
                self.fail(f"row {n}, {text}\n{got[n].hex()}\nnot\n"
                          f"{wanted[n].hex()}\n{note}")

    def test_stored_messages_are_those_that_protoc_makes(self):
        first = SEED
        n = max(memc.scale(60) // memc.SHARE, 6)
        for seed in range(first, first + n):
            with self.subTest(seed=seed):
                self.check_schema(seed, memc.scale(120, least=20))


if __name__ == "__main__":
    memc.main()
