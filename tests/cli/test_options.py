#!/usr/bin/python3
"""What users see of the options: --help, man page and completion agree, wrong
words are told, exit statuses are those of the contract. No server is needed:
whatever is refused here is refused before anything is connected to."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROG = os.environ["MEMC_LOAD"]
MAN = ROOT / "man/memc_load.1"
BENCH_MAN = ROOT / "man/memc_load-bench.1"
MAPPING_MAN = ROOT / "man/memc_load-mapping.5"
COMPLETION = ROOT / "completions/memc_load.bash"
DEADLINE_S = 60

COMMANDS = ("load", "get", "doctor", "verify", "bench", "explain", "init")
WORDS = {"--mode": "set multi noreply", "--inflate": "isal zlib",
         "--on-restart": "reload fail",
         "--verify": "N all", "--progress": "auto always never"}


def run(*words, **kwargs):
    return subprocess.run([PROG, *words], capture_output=True, text=True,
                          timeout=DEADLINE_S, stdin=subprocess.DEVNULL,
                          **kwargs)


def help_options(command):
    """{"--threads": {"letter": None, "arg": "N", "default": "0", "group":
    "Concurrency"}}, by what --help prints."""
    found, group, name = {}, None, None
    for line in run(command, "--help").stdout.splitlines():
        heading = re.fullmatch(r"(\w+):", line)
        row = re.fullmatch(r"  (?:(-\w), |    )(--[a-z-]+)(?: (\S+))?"
                           r"(?:  +(.*))?", line)
        if heading:
            group = heading[1]
        elif row:
            name = row[2]
            assert name not in found, f"{name} stands twice in --help"
            found[name] = {"letter": row[1], "arg": row[3], "group": group,
                           "text": row[4] or ""}
        elif name and re.match(r" {27}\S", line):
            found[name]["text"] += " " + line.strip()
        elif not line:
            name = None
    for option in found.values():
        default = re.search(r"\(default: (.*)\)$", option["text"])
        option["default"] = default[1] if default else None
    return found


def man_options(page=MAN):
    """The same by the man page's source."""
    found, group, name, lines = {}, None, None, page.read_text().splitlines()
    section = None
    for line, after in zip(lines, lines[1:] + [""]):
        if line.startswith(".Sh "):
            section, name = line[4:], None
        elif line.startswith(".Ss "):
            group, name = line[4:], None
        if section != "OPTIONS":
            continue
        row = re.fullmatch(r"\.It (?:Fl (\w) , )?Fl Fl ([a-z-]+)"
                           r"(?: Ar (\S+))?", line)
        if row:
            name = "--" + row[2]
            assert name not in found, f"{name} stands twice in the man page"
            found[name] = {"letter": "-" + row[1] if row[1] else None,
                           "arg": row[3], "group": group, "default": None}
        elif line.startswith(".It "):
            raise AssertionError(f"not read as an option: {line}")
        if line == "Default:":
            default = re.fullmatch(r"\.Li (.*) \.", after)
            found[name]["default"] = default[1]
    return found


def complete(*words):
    """What bash offers for the last of the words, without the bash-completion
    package; words as readline splits them, so "=" is one of its own."""
    script = f"""
        source {shlex.quote(str(COMPLETION))}
        COMP_WORDS=({shlex.join(["memc_load", *words])})
        COMP_CWORD={len(words)}
        _memc_load
        (( ${{#COMPREPLY[@]}} )) && printf '%s\\n' "${{COMPREPLY[@]}}"
        exit 0
    """
    done = subprocess.run(["bash", "--norc", "--noprofile", "-c", script],
                          capture_output=True, text=True, timeout=DEADLINE_S)
    assert not done.stderr, done.stderr
    return done.stdout.split("\n")[:-1]


def rows():
    """[("threads", "FOR_LOAD | FOR_BENCH | FOR_VERIFY")] by the source."""
    found = []
    for path in sorted((ROOT / "src/settings").glob("rows_*.c")):
        found += re.findall(r'\.name = "([a-z-]+)",.*?\.commands = ([^,]+),',
                            path.read_text(), re.S)
    return found


class Agreement(unittest.TestCase):
    def test_rows_are_in_the_table(self):
        """A group that was not put into the table would be missed by all."""
        names = {"--" + name for name, _ in rows()}
        self.assertGreater(len(names), 50)
        shown = set()
        for command in COMMANDS:
            shown |= set(help_options(command))
        self.assertEqual(sorted(names), sorted(shown))
        for name, commands in rows():
            for flag in re.findall(r"FOR_(LOAD|GET|VERIFY|BENCH|EXPLAIN|INIT)",
                                   commands):
                self.assertIn("--" + name, help_options(flag.lower()))

    def test_an_option_is_the_same_everywhere(self):
        """Of one name and group: same letter, argument, default and text."""
        seen = {}
        for command in COMMANDS:
            for name, option in help_options(command).items():
                same = seen.setdefault((name, option["group"]), option)
                self.assertEqual(option, same, f"{command} {name}")
        twice = [name for name, _ in seen if name == "--seed"]
        self.assertEqual(len(twice), 2)
        self.assertEqual(len(seen), len(rows()))

    def test_man_page(self):
        by_help, by_man = help_options("load"), man_options()
        self.assertGreater(len(by_help), 25)
        self.assertEqual(sorted(by_help), sorted(by_man))
        for name, option in by_help.items():
            for what in ("letter", "arg", "group", "default"):
                says = option[what]
                # the default where it is built in; the man page is one
                if (name, what, says) == ("--inflate", "default", "zlib"):
                    says = "isal"
                self.assertEqual(says, by_man[name][what], f"{name} {what}")
        # in the same order, so that one is found as in the other
        self.assertEqual(list(by_help), list(by_man))

    def test_man_page_of_bench(self):
        """Its own options in full; of the loader's the names."""
        by_help, by_man = help_options("bench"), man_options(BENCH_MAN)
        own = {name: option for name, option in by_help.items()
               if option["group"] == "Benchmark"}
        self.assertGreater(len(own), 6)
        self.assertEqual(list(own), list(by_man))
        for name, option in own.items():
            for what in ("letter", "arg", "group", "default"):
                self.assertEqual(option[what], by_man[name][what],
                                 f"{name} {what}")
        section = BENCH_MAN.read_text().split(".Ss Settings of all loads")[1]
        section = section.split(".Sh ")[0]
        named = ["--" + name for name in
                 re.findall(r"^\.Fl Fl ([a-z-]+)\b", section, re.MULTILINE)]
        self.assertEqual(sorted(named), sorted(set(by_help) - set(own)))

    def test_man_page_of_explain_and_init(self):
        """What they alone have; the rest are options of a load."""
        load = help_options("load")
        text = MAN.read_text().split(".Sh YOUR OWN DATA\n")[1].split(".Sh ")[0]
        for command, own in (("explain", "--lines"), ("init", "--output")):
            found = help_options(command)
            self.assertEqual(set(found) - set(load), {own})
            row = found[own]
            self.assertIn(f".It Fl Fl {own[2:]} Ar {row['arg']}\n", text)
            self.assertIn(row["default"].replace("'", ""),
                          text.replace("'", "").replace("\n", " "))
            for name in set(found) & set(load):
                self.assertEqual(found[name], load[name])

    def test_man_page_of_mappings(self):
        """Every key that the program takes, and no other."""
        record = ROOT / "src/record"
        fields = re.findall(r'^    \[FIELD_\w+\] = "(\w+)"',
                            (record / "mapping_fields.c").read_text(), re.M)
        takes = {}
        for name in ("mapping_read.c", "mapping_fields.c"):
            for section, rows in re.findall(
                    r"^(?:spec_)?take_(input|record)\(.*?keys\[\] = \{(.*?)\};",
                    (record / name).read_text(), re.M | re.S):
                takes[section] = re.findall(r'\{"(\w+)"', rows)
        self.assertGreater(len(fields), 10)
        text = MAPPING_MAN.read_text()
        for section, keys in (("INPUT", takes["input"]),
                              ("RECORD", takes["record"]), ("FIELDS", fields)):
            told = text.split(f".Sh {section}\n")[1].split("\n.Sh ")[0]
            self.assertEqual(sorted(re.findall(r"^\.It Li (\w+)$", told, re.M)),
                             sorted(keys), section)

    @unittest.skipUnless(shutil.which("groff"), "no groff here")
    def test_man_pages_are_clean(self):
        for page in (MAN, BENCH_MAN, MAPPING_MAN):
            done = subprocess.run(
                ["groff", "-ww", "-mandoc", "-Tutf8", str(page)],
                capture_output=True, text=True, timeout=DEADLINE_S)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)

    def test_man_page_names_all_commands(self):
        text = MAN.read_text()
        for command in COMMANDS:
            self.assertIn(f".It Cm {command}\n", text)

    def test_completion_of_options(self):
        for command in COMMANDS:
            by_help = help_options(command)
            self.assertEqual(sorted(complete(command, "--")), sorted(by_help))
        self.assertEqual(sorted(complete("--")), sorted(help_options("load")))
        self.assertEqual(complete("--max-l"), ["--max-line"])
        self.assertEqual(complete("get", "--mo"), [])

    def test_completion_of_values(self):
        """Words, files or nothing, as the argument word says."""
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "a file.tsv.gz")
            pathlib.Path(file).touch()
            inner = os.path.join(directory, "a directory")
            os.mkdir(inner)
            for name, option in {**help_options("load"),
                                 **help_options("bench"),
                                 **help_options("explain"),
                                 **help_options("init")}.items():
                arg = option["arg"]
                with self.subTest(option=name):
                    offered = complete(name, directory + "/")
                    if arg and "|" in arg:
                        self.assertEqual(arg, WORDS[name].replace(" ", "|"))
                        words = [word for word in arg.split("|")
                                 if not word.isupper()]
                        self.assertEqual(complete(name, ""), words)
                        self.assertEqual(complete(name, "="), words)
                        last = arg.split("|")[-1]
                        self.assertEqual(complete(name, "=", last[:2]), [last])
                    elif arg == "DIR":
                        self.assertEqual(offered, [inner])
                    elif name == "--sweep":
                        self.assertEqual(complete("bench", name, "mo"),
                                         ["mode="])
                    elif arg in ("FILE", "GLOB") or not arg:
                        self.assertEqual(sorted(offered), [inner, file])
                    else:
                        self.assertEqual(offered, [])
            self.assertEqual(sorted(complete("-l", directory + "/")),
                             [inner, file])

    def test_completion_of_operands(self):
        with tempfile.TemporaryDirectory() as directory:
            file = os.path.join(directory, "a")
            pathlib.Path(file).touch()
            self.assertEqual(complete(directory + "/"), [file])
            self.assertEqual(complete("--dry", "--", directory + "/"), [file])
            self.assertEqual(complete("get", directory + "/"), [])
            self.assertEqual(complete("bench", directory + "/"), [file])
            self.assertEqual(complete("bench", "--", directory + "/"), [file])
        self.assertEqual(complete("--", "--dr"), [])
        for command in COMMANDS:
            self.assertIn(command, complete(command[:2]))
        self.assertNotIn("get", complete("--dry", "ge"))


class Help(unittest.TestCase):
    def test_shape(self):
        for command in COMMANDS:
            done = run(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith("Usage: memc_load "))
            for line in done.stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)
                self.assertEqual(line, line.rstrip())
            # every row was understood by the reader above
            rows = re.findall(r"^ +(?:-\w, )?--", done.stdout, re.MULTILINE)
            self.assertEqual(len(rows), len(help_options(command)))

    def test_groups_are_headed_once(self):
        headings = re.findall(r"^(\w+):$", run("--help").stdout, re.MULTILINE)
        self.assertEqual(headings, ["Input", "Servers", "Concurrency",
                                    "Failures", "Verification", "Output",
                                    "Other"])

    def test_same_in_every_way(self):
        wanted = run("load", "--help").stdout
        for words in (["-h"], ["--help"], ["a.gz", "--dry", "-h"],
                      ["-vh"], ["--help", "--bogus"]):
            done = run(*words)
            self.assertEqual((done.returncode, done.stdout), (0, wanted))
        self.assertIn("memc_load [load] [OPTION]... [FILE]...\n", wanted)
        self.assertIn("memc_load get [OPTION]... KEY...\n", wanted)
        self.assertIn("memc_load doctor [OPTION]... [FILE]...\n", wanted)
        self.assertIn("memc_load bench [OPTION]... [FILE]...\n", wanted)

    def test_get_has_its_own(self):
        self.assertEqual(sorted(help_options("get")), sorted([
            "--mapping", "--columns", "--idfa", "--gaid", "--adid", "--dvid",
            "--shard", "--timeout", "--config", "--test", "--help",
            "--version"]))
        self.assertNotIn("[FILE]", run("get", "--help").stdout)

    def test_bench_sweeps_and_fixes(self):
        options = help_options("bench")
        for name in ("processes", "threads", "connections", "batch", "window",
                     "mode", "inflate"):
            self.assertIn("--" + name, options)
            self.assertIn(name, options["--sweep"]["text"])
        for name in ("dry", "pattern", "summary", "log", "no-rename"):
            self.assertNotIn("--" + name, options)

    def test_doctor_takes_what_load_takes(self):
        self.assertEqual(help_options("doctor"), help_options("load"))

    def test_init_and_explain_have_what_they_read(self):
        self.assertEqual(sorted(help_options("init")), sorted([
            "--output", "--max-line", "--inflate", "--test", "--help",
            "--version"]))
        for name in ("timeout", "mode", "dry", "pattern", "summary"):
            self.assertNotIn("--" + name, help_options("explain"))

    def test_verify_has_what_reading_takes(self):
        verify, load = help_options("verify"), help_options("load")
        self.assertLess(verify.items(), load.items())
        self.assertEqual(sorted(set(load) - set(verify)), sorted([
            "--max-error-rate", "--no-rename", "--settle", "--mode", "--dry",
            "--window", "--retries", "--on-restart", "--no-canary",
            "--max-evictions", "--require-capacity", "--rejects",
            "--no-rejects"]))

    def test_version(self):
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^memc_load \d+\.\d+\.\d+$")
        names = [line.rsplit(" ", 1)[0] for line in lines[1:]]
        self.assertEqual([name for name in names if name != "ISA-L"],
                         ["zlib", "zstd", "libmemcached", "protobuf-c"])
        for line in lines[1:]:
            self.assertRegex(line, r"^\S+ \d+\.\d+(\.\d+)*$")
        self.assertEqual("ISA-L" in names,
                         help_options("load")["--inflate"]["default"] == "isal")

    def test_selftest(self):
        for words in (["-t"], ["--test"], ["get", "-t"]):
            done = run(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("self-check passed", done.stdout)

    def test_full_disk(self):
        for words in (["--help"], ["get", "--help"], ["--version"], ["-t"]):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run(
                    [PROG, *words], stdout=full, stderr=subprocess.PIPE,
                    text=True, timeout=DEADLINE_S)
            self.assertEqual(done.returncode, 3, words)
            self.assertEqual(done.stderr, "memc_load: cannot write to "
                             "standard output: No space left on device\n")


# the words, and what is said of them
REFUSED = [
    (["--threds", "3"], "unknown option --threds; did you mean --threads?"),
    (["--thr=3"], "unknown option --thr; did you mean --threads?"),
    (["--no-renam"], "unknown option --no-renam; did you mean --no-rename?"),
    (["--dry-run"], "unknown option --dry-run; did you mean --dry?"),
    (["--dryrun"], "unknown option --dryrun; did you mean --dry?"),
    (["--verify-all"], "unknown option --verify-all; did you mean --verify?"),
    (["--logfile=x"], "unknown option --logfile; did you mean --log?"),
    (["--max-retries=3"],
     "unknown option --max-retries; did you mean --retries?"),
    (["--sweep=threads=1"],
     "--sweep is not an option of this command; memc_load bench has it"),
    (["--frobnicate"], "unknown option --frobnicate"),
    (["-x"], "unknown option -x"),
    (["-threads", "3"], "unknown option -threads; did you mean --threads?"),
    (["a.gz", "--bogus"], "unknown option --bogus"),
    (["load", "--bogus"], "unknown option --bogus"),
    (["--dry=yes"], '--dry: "yes" is neither true nor false'),
    (["--threads"], "--threads needs a value: N"),
    (["--threads=x"], '--threads: "x" is not a number from 0 to 64'),
    (["--threads=65"], '--threads: "65" is not a number from 0 to 64'),
    (["--threads=65", "--threads=1"],
     '--threads: "65" is not a number from 0 to 64'),
    (["--mode", "x"], '--mode: "x" is none of: set, multi, noreply'),
    (["--inflate", "x"], '--inflate: "x" is none of: isal, zlib'),
    (["--progress", "x"], '--progress: "x" is none of: auto, always, never'),
    (["--window", "1"], '--window: "1" is not a size from 1KiB to 64MiB'),
    (["--max-error-rate", "2"], '--max-error-rate: "2" is not a rate from 0 '
     'to 1'),
    (["--idfa", "nowhere"], '--idfa: "nowhere" is not an address: no port '
     '(host:port, [v6]:port or unix:/path)'),
    (["--shard", "x=h:1,h:1"], '--shard: shard "x" has address h:1 twice'),
    (["--shard", "a:b=h:1"], '--shard: "a:b" is not a shard name: byte 0x3a '
     'cannot be in the first column of a line that is loaded'),
    (["--nope"], "unknown option --nope"),
    (["--idfa", "h:1", "get", "idfa:1"], '"get" is a command: it must come '
     'first, as in "memc_load get KEY..." (a file of that name is ./get)'),
    (["help"], '"help" is not a command; use memc_load --help'),
    (["version", "x"], '"version" is not a command; use memc_load --version'),
    (["-v", "load", "a.gz"], '"load" is a command: it must come first, as in '
     '"memc_load load [FILE]..." (a file of that name is ./load)'),
    (["--shard", "a=h:1", "verfy", "n3.tsv.gz"], '"verfy" is neither a file nor a '
     'command; did you mean "verify"?'),
    (["dcotor"], '"dcotor" is neither a file nor a command; did you mean '
     '"doctor"?'),
    (["gt", "idfa:1"], '"gt" is neither a file nor a command; did you mean '
     '"get"?'),
    ([""], 'a FILE\'s name is empty: "" (a variable that is not set?)'),
    (["--dry", "a.gz", ""], 'a FILE\'s name is empty: "" (a variable that is '
     "not set?)"),
    (["--pattern", ""], "--pattern: the pattern is empty"),
    (["--mapping", "/nowhere/m.yml"],
     "cannot open mapping /nowhere/m.yml: No such file or directory"),
    (["--mapping", "/dev/null"], '/dev/null names no servers: add a section '
     '"servers: {NAME: HOST:PORT}" or give --shard NAME=HOST:PORT'),
    (["--columns", "a,,c"], "--columns: column 2 has no name; one that is not "
     "wanted is called _"),
    (["--columns", "a,b,a"], '--columns: "a" is column 1 and column 3'),
    (["--skip-header=1"], '--skip-header: "1" is neither true nor false'),
    (["--config", "/nowhere/c.yml"],
     "cannot open config /nowhere/c.yml: No such file or directory"),
]

REFUSED_VERIFICATIONS = [
    (["--verify", "0"], '--verify: "0" is neither all nor a number from 1 to '
     '10000000'),
    (["--verify", "some"], '--verify: "some" is neither all nor a number from '
     '1 to 10000000'),
    (["--margin", "0"], '--margin: "0" is not a number between 0 and 1'),
    (["--margin", "1"], '--margin: "1" is not a number between 0 and 1'),
    (["--margin", "nan"], '--margin: "nan" is not a number between 0 and 1'),
    (["--confidence", "1"], '--confidence: "1" is not a number between 0 and '
     '1'),
    (["--min-success", "1.1"], '--min-success: "1.1" is not a rate from 0 to '
     '1'),
    (["--seed", "-1"], '--seed: "-1" is not a number '
     "from 0 to 9223372036854775807"),
    (["--dry", "--verify", "5"], "--dry stores nothing, so there is nothing "
     "to --verify: leave one of the two out"),
    (["--dry", "--margin", "0.1"], "--dry stores nothing, so there is nothing "
     "to --verify: leave one of the two out"),
    (["--min-success", "0.9", "a.gz"], "--min-success judges what --verify "
     "finds: give --verify N, --verify all or --margin R, too"),
    (["--verify", "all", "-"], "standard input cannot be read twice, as "
     "--verify all does: give --verify N, or load it from a file"),
]

REFUSED_BY_VERIFY = [
    (["verify", "--dry"], "--dry is not an option of this command; memc_load "
     "load has it"),
    (["verify", "--mode=set"], "--mode is not an option of this command; "
     "memc_load load and bench have it"),
    (["verify", "--repeat=3"], "--repeat is not an option of this command; "
     "memc_load bench has it"),
    (["verify", "--verfy=3"], "unknown option --verfy; did you mean "
     "--verify?"),
]

REFUSED_BY_GET = [
    (["get"], "get needs KEY..."),
    (["get", "--idfa", "h:1"], "get needs KEY..."),
    (["get", "--mode", "set", "k"], "--mode is not an option of this command; "
     "memc_load load and bench have it"),
    (["get", "--seed", "1", "k"], "--seed is not an option of this command; "
     "memc_load load, verify and bench have it"),
    (["explain"], "explain needs FILE..."),
    (["init"], "init needs FILE"),
    (["explain", "--lines", "0", "x"],
     '--lines: "0" is not a number from 1 to 1000000'),
    (["init", "--mapping", "x"], "--mapping is not an option of this command; "
     "memc_load load, get, verify, bench and explain have it"),
    (["get", "-v", "k"], "-v is not an option of this command; memc_load load and "
     "verify have it"),
    (["get", "-x", "k"], "unknown option -x"),
    (["get", "--timeut=3", "k"],
     "unknown option --timeut; did you mean --timeout?"),
]

REFUSED_BY_BENCH = [
    (["--sweep", "mode=fast"],
     '--sweep: mode: "fast" is none of: set, multi, noreply'),
    (["--sweep", "thread=1"],
     '--sweep: "thread" cannot be swept; did you mean "threads"?'),
    (["--sweep", "threads=1,99"],
     '--sweep: threads: "99" is not a number from 0 to 64'),
    (["--sweep", "threads"],
     "--sweep: threads: values are missing: threads=VALUE[,VALUE]..."),
    (["--repeat", "0"], '--repeat: "0" is not a number from 1 to 1000'),
    (["--generate", "5", "a.gz"], "--generate makes data when no FILE is "
     "named: give one or the other"),
    (["--dry"], "--dry is not an option of this command; memc_load load has it"),
    (["--reepat=3"], "unknown option --reepat; did you mean --repeat?"),
    (["--idfa", "cache1:11211"],
     "bench fills servers with test data, many times over, and cache1:11211 "
     "(shard idfa) was named: leave the addresses out, and bench starts four "
     "memcached of its own; or give --yes if these may be filled"),
    (["--shard", "tv=cache2:11211,cache3:11211", "--generate=9"],
     "bench fills servers with test data, many times over, and cache2:11211 "
     "(shard tv) was named: leave the addresses out, and bench starts four "
     "memcached of its own; or give --yes if these may be filled"),
]


class Refused(unittest.TestCase):
    def refused(self, words, said, way="--help"):
        done = run(*words)
        self.assertEqual(
            (done.returncode, done.stdout, done.stderr),
            (2, "", f"memc_load: {said}\nTry 'memc_load {way}'.\n"), words)

    def test_words(self):
        for words, said in REFUSED:
            with self.subTest(words=words):
                self.refused(words, said)

    def test_verifications(self):
        for words, said in REFUSED_VERIFICATIONS:
            with self.subTest(words=words):
                self.refused(words, said)
        for words, said in REFUSED_BY_VERIFY:
            with self.subTest(words=words):
                self.refused(words, said, "verify --help")

    def test_a_margin_that_takes_too_many(self):
        done = run("--margin", "0.0000001", "a.gz")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"takes a sample of [\d,]+ items, more "
                         r"than is held in memory: give --verify all\n$")

    def test_files_called_as_commands(self):
        """Those that are there are loaded; other names are files, too."""
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory, "get").write_text("x\n", encoding="utf-8")
            pathlib.Path(directory, "verfy").write_text("x\n", "utf-8")
            for words in (["--dry", "get"], ["--dry", "./none", "load"],
                          ["load", "--dry", "load"], ["--dry", "./load"],
                          ["--dry", "verfy"], ["--dry", "./dcotor"],
                          ["load", "--dry", "dcotor"], ["--dry", "lo.d"],
                          ["--dry", "monday"]):
                done = run(*words, cwd=directory)
                self.assertEqual(done.returncode, 1, (words, done))
                self.assertNotIn("command", done.stderr)

    def test_an_empty_name_of_a_file(self):
        for command in ("load", "doctor", "verify", "bench", "explain",
                        "init"):
            done = run(command, "")
            self.assertEqual(
                (done.returncode, done.stderr.splitlines()[0]),
                (2, "memc_load: a FILE's name is empty: \"\" (a variable that "
                 "is not set?)"), command)
        done = run("get", "")
        self.assertIn('"" is no key', done.stderr)

    def test_words_of_commands(self):
        for words, said in REFUSED_BY_GET:
            with self.subTest(words=words):
                self.refused(words, said, f"{words[0]} --help")

    def test_words_of_bench(self):
        for words, said in REFUSED_BY_BENCH:
            with self.subTest(words=words):
                self.refused(["bench", *words], said, "bench --help")

    def test_bench_of_servers_in_a_config(self):
        """An address is an address, wherever it stands."""
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "c.yml")
            pathlib.Path(path).write_text("load:\n  gaid: cache:11211\n")
            self.refused(
                ["bench", "--config", path], "bench fills servers with test "
                "data, many times over, and cache:11211 (shard gaid) was "
                "named: leave the addresses out, and bench starts four "
                "memcached of its own; or give --yes if these may be filled",
                "bench --help")

    def test_bench_options_are_not_for_config_files(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "c.yml")
            pathlib.Path(path).write_text("load:\n  repeat: 3\n")
            self.refused(["--config", path], f'{path}:2:3: "repeat" makes '
                         "sense on the command line only")

    def test_ttl_after_2038(self):
        done = run("--ttl", "2147483647", "a")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"^memc_load: --ttl: memcached knows no "
                         r"time after 2038-01-19, so at most \d+ seconds")

    def test_config(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "c.yml")
            for text, said in (
                ("load:\n  theads: 3\n",
                 '2:3: unknown key "theads"; did you mean "threads"?'),
                ("load:\n  threads: x\n",
                 '2:12: threads: "x" is not a number from 0 to 64'),
                ("servers:\n  tv: cache\n", '2:7: tv: "cache" is not an '
                 'address: no port (host:port, [v6]:port or unix:/path)'),
                ("load:\n  dry-run: true\n",
                 '2:3: unknown key "dry-run"; did you mean "dry"?'),
                ("laod:\n", '1:1: unknown key "laod"; did you mean "load"?'),
                ("load: [\n", "2:1: did not find expected node content while "
                 "parsing a flow node"),
            ):
                pathlib.Path(path).write_text(text, encoding="utf-8")
                with self.subTest(text=text):
                    self.refused(["--config", path], f"{path}:{said}")
                    self.refused(["--dry", "a", "--config=" + path],
                                 f"{path}:{said}")

    def test_mapping(self):
        """As in a config; and what stands in both files is refused."""
        with tempfile.TemporaryDirectory() as directory:
            mapping = os.path.join(directory, "m.yml")
            config = os.path.join(directory, "c.yml")
            for text, said in (
                ("load:\n  theads: 3\n",
                 '2:3: unknown key "theads"; did you mean "threads"?'),
                ("inputs: {}\n",
                 '1:1: unknown key "inputs"; did you mean "input"?'),
                ("servers: {}\n", '1:10: servers: holds shards, each as "NAME: '
                 'HOST:PORT" or "NAME: [HOST:PORT, HOST:PORT]"'),
            ):
                pathlib.Path(mapping).write_text(text, encoding="utf-8")
                with self.subTest(text=text):
                    self.refused(["--mapping", mapping], f"{mapping}:{said}")
            pathlib.Path(mapping).write_text("load: {ttl: 1}\n")
            pathlib.Path(config).write_text("\nload: {}\n")
            self.refused(["--config", config, "--mapping", mapping],
                         f'{config}:2:1: "load" is in {mapping}, too: '
                         'leave it in one of the two')

    def test_no_file_matched(self):
        with tempfile.TemporaryDirectory() as directory:
            done = run("--dry", "--pattern", directory + "/*.gz")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(directory, done.stderr)


if __name__ == "__main__":
    unittest.main()
