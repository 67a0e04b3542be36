#!/usr/bin/python3
"""Where a mapping and its servers stand: in a file of --config, of --mapping
or in both, and in what bench writes."""

import json
import os
import pathlib
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import memc
import test_bench
from memc import scale

MAPPING = """\
input: {format: csv, columns: [kind, id, _, text]}
record: {format: raw, column: text}
key: "{kind}/{id}"
route: {column: kind}
"""


class MappingFiles(memc.LoadTest):
    shards = ("a", "b:c")

    def setUp(self):
        super().setUp()
        self.path = self.write("t.csv", b"a,1,x,one\nb:c,2,x,two\nd,3,x,no\n",
                               is_gzip=False)

    def yaml(self, name, text):
        path = self.dir / name
        path.write_text(text, encoding="utf-8")
        return path

    def servers_yaml(self, **others):
        """As a section; quoted, since a path may be anything."""
        named = {name: server.address for name, server in self.servers.items()}
        return "servers: " + json.dumps({**named, **others}) + "\n"

    def value(self, shard, key):
        return self.servers[shard].items([key]).get(key)

    def check_stored(self, *args):
        self.flush_all()
        result = self.load(*args, "--no-rename", "--no-rejects",
                           "--max-error-rate", "0.5", files=[self.path],
                           servers={})
        self.assertEqual(result.totals["stored"], 2)
        self.assertEqual(result.rejects["unknown_type"], 1)
        self.assertEqual(self.value("a", b"a/1"), b"one")
        self.assertEqual(self.value("b:c", b"b:c/2"), b"two")
        self.assertEqual([shard["name"] for shard in result.summary["shards"]],
                         ["a", "b:c"])

    def test_all_in_one_file(self):
        path = self.yaml("all.yml", MAPPING + self.servers_yaml())
        self.check_stored("--config", path)
        self.check_stored("--mapping", path)

    def test_servers_and_options_beside_it(self):
        mapping = self.yaml("m.yml", MAPPING)
        config = self.yaml("c.yml", self.servers_yaml() + "load: {threads: 0}")
        self.check_stored("--mapping", mapping, "--config", config)
        mapping = self.yaml("m.yml", MAPPING + self.servers_yaml())
        config = self.yaml("c.yml", "load: {threads: 0}\n")
        self.check_stored("--config", config, "--mapping", mapping)

    def test_options_name_the_servers(self):
        """One of several of the section is replaced by its name."""
        path = self.yaml("m.yml", MAPPING + self.servers_yaml(a="nowhere:1"))
        self.check_stored("--mapping", path,
                          "--shard", f"a={self.servers['a'].address}")
        path = self.yaml("m.yml", MAPPING)
        self.check_stored("--mapping", path, *[
            word for name, server in self.servers.items()
            for word in ("--shard", f"{name}={server.address}")])

    def test_columns_are_named_on_the_command_line(self):
        """They take the place of the mapping's."""
        path = self.yaml("m.yml", MAPPING.replace(
            "[kind, id, _, text]", "[x, text, id, kind]") +
            self.servers_yaml())
        self.check_stored("--mapping", path, "--columns", "kind,id,_,text")

    def test_a_mapping_from_a_pipe(self):
        """It is read once."""
        text = (MAPPING + self.servers_yaml()).encode()
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        os.write(write, text)
        os.close(write)
        result = self.load("--mapping", f"/dev/fd/{read}", "--no-rename",
                           "--no-rejects", "--max-error-rate", "0.5",
                           files=[self.path], servers={}, pass_fds=[read])
        self.assertEqual(result.totals["stored"], 2)

    def test_servers_of_the_default_record(self):
        config = self.yaml("c.yml", self.servers_yaml().replace('"b:c"', '"b"'))
        path = self.write("t.tsv", b"a\t1\t2\t3\t4\nb\t2\t2\t3\t\nidfa\t1\t1\t"
                          b"1\t1\n", is_gzip=False)
        result = self.load("--config", config, "--no-rename", "--no-rejects",
                           "--max-error-rate", "0.5", files=[path], servers={})
        self.assertEqual(result.totals["stored"], 2)
        self.assertEqual(result.rejects["unknown_type"], 1)
        self.assertIsNotNone(self.value("a", b"a:1"))
        self.assertIsNotNone(self.value("b:c", b"b:2"))

    def test_hashing_wants_one_shard(self):
        mapping = MAPPING.replace("{column: kind}", "{hash: key}")
        path = self.yaml("m.yml", mapping + self.servers_yaml())
        result = self.load("--mapping", path, files=[self.path], servers={},
                           code=2, summary=False)
        self.assertIn("spreads keys over the addresses of one shard, but "
                      "there are 2: a, b:c", str(result))


class Benchmark(test_bench.BenchTest):
    def test_a_mapping_is_benchmarked_and_written(self):
        """On servers of bench's own, whatever the mapping's are; its options
        for other files and for the log are not for the runs."""
        n = scale(3000, 300)
        text = "".join(f"{'ab'[i % 2]},{i},x,text {i}\n" for i in range(n))
        path = self.write("t.csv", text.encode(), is_gzip=False)
        mapping = self.dir / "m.yml"
        mapping.write_text(
            MAPPING + "servers: {a: nowhere:1, b: [nowhere:2, nowhere:3]}\n"
            "load: {pattern: /nowhere/*, log: /nowhere/log, ttl: 60}\n")
        self.bench("--mapping", mapping, "--repeat", "1", "--sweep",
                   "threads=0,1", "--json", "report.json", "--write-config",
                   "best.yml", "--progress", "never", path)
        report = self.report()
        self.assertEqual(report["data"]["lines"], n)
        self.assertEqual(report["servers"]["n"], 3)
        text = (self.dir / "best.yml").read_text("utf-8")
        self.assertIn("input:\n  format: csv\n", text)
        self.assertIn("servers:\n  a: \"nowhere:1\"\n", text)
        self.assertIn("  ttl: 60\n", text)
        self.assertNotIn("/nowhere/log", text)
        result = self.load("--config", self.dir / "best.yml", "--dry",
                           files=[path], servers={})
        self.assertEqual(result.totals["sent"], n)
        self.assertEqual(pathlib.Path(path).read_text("utf-8").count("\n"), n)

    def test_lines_are_not_made_up_for_a_mapping(self):
        mapping = self.dir / "m.yml"
        mapping.write_text(MAPPING)
        result = self.bench("--mapping", mapping, code=2)
        self.assertIn("only lines of the built-in record can be generated: "
                      f"name a FILE that the mapping {mapping} is for", str(result))


if __name__ == "__main__":
    memc.main()
