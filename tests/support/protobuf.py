"""protoc, as the control that stored messages are held against.

Every call costs some ten milliseconds, so many messages go through one: as the
elements of a message that holds nothing else. Nothing here is shared with the
program.
"""

import json
import pathlib
import subprocess

DEADLINE_S = 120


def protoc(folder, *args, stdin=b""):
    """Its standard output; AssertionError with what it said."""
    done = subprocess.run(["protoc", f"-I{folder}", *map(str, args)],
                          cwd=folder, input=stdin, capture_output=True,
                          timeout=DEADLINE_S)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")
        raise AssertionError(f"protoc {' '.join(map(str, args))}: {said}")
    return done.stdout


class Schema:
    """A .proto file in a folder, and its messages by the thousand."""

    def __init__(self, folder, text, name="schema"):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.text = text
        (self.folder / f"{name}.proto").write_text(text, "utf-8")
        self.descriptor = self.folder / f"{name}.pb"
        protoc(folder, "--include_imports",
               f"--descriptor_set_out={self.descriptor}", f"{name}.proto")

    def many_of(self, message):
        """A file with a message All of such messages: its name."""
        name = f"{self.name}_{message.replace('.', '_')}_all.proto"
        (self.folder / name).write_text(
            f'syntax = "proto2";\nimport "{self.name}.proto";\n'
            f"message All {{ repeated {message} m = 1; }}\n", "utf-8")
        return name

    def encode(self, message, texts):
        """Messages in text format -> their bytes."""
        text = "".join(f"m {{ {text} }}\n" for text in texts)
        packed = protoc(self.folder, "--encode=All", "--deterministic_output",
                        self.many_of(message), stdin=text.encode())
        out = split(packed)
        assert len(out) == len(texts), (len(out), len(texts))
        return out

    def decode(self, message, values):
        """Bytes -> messages in text format, maps in the order of their keys."""
        packed = b"".join(b"\x0a" + varint(len(v)) + v for v in values)
        text = protoc(self.folder, "--decode=All", self.many_of(message),
                      stdin=packed).decode()
        out = [part for part in ("\n" + text).split("\nm {\n")][1:]
        assert len(out) == len(values), (len(out), len(values))
        return [part.rstrip("\n").removesuffix("}") for part in out]


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def split(packed):
    """The elements of field 1, each with its length in front."""
    out, at = [], 0
    while at < len(packed):
        assert packed[at] == 0x0A, packed[at]
        size = shift = 0
        while True:
            at += 1
            size |= (packed[at] & 0x7F) << shift
            shift += 7
            if packed[at] < 0x80:
                break
        out.append(packed[at + 1:at + 1 + size])
        at += 1 + size
    return out


def quoted(value):
    """Text or bytes as the text format has them."""
    raw = value.encode() if isinstance(value, str) else value
    return '"' + "".join(
        chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\{b:03o}"
        for b in raw) + '"'


def write_mapping(path, mapping):
    """A mapping as a file: JSON is YAML."""
    path.write_text(json.dumps(mapping, ensure_ascii=False, indent=1), "utf-8")
    return path


def hashed(address, record, columns=("k", "v"), **more):
    """A mapping of key column k to one server, the shard "all"."""
    return {"input": {"format": "tsv", "columns": list(columns)},
            "record": record, "key": "{k}", "route": {"hash": "key"},
            "servers": {"all": address}, **more}
