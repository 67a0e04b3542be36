"""Random schemas, mappings of them and rows: what each row's message is, in
the text format, for protoc to judge.

A schema is a tree of messages with fields of every type, lists, packed or not,
maps, oneofs, required and optional ones, defaults and constants. Pure, but
for the random numbers given; the same seed makes the same.
"""

import struct

import protobuf

INTEGERS = {"int32": (-1 << 31, (1 << 31) - 1), "uint32": (0, (1 << 32) - 1),
            "int64": (-1 << 63, (1 << 63) - 1), "uint64": (0, (1 << 64) - 1)}
for _name, _like in (("sint32", "int32"), ("sfixed32", "int32"),
                     ("sint64", "int64"), ("sfixed64", "int64"),
                     ("fixed32", "uint32"), ("fixed64", "uint64")):
    INTEGERS[_name] = INTEGERS[_like]
SCALARS = (*INTEGERS, "float", "double", "bool", "string", "bytes")
KEYS = (*INTEGERS, "bool", "string")
SPLITS = ("|", ";;", "\x01", "~", "<>")
PAIRS = ("=", "=>", "^")
# what a column may hold beside the marks above, and never a line's end
LETTERS = "abcXYZ019 _.,:{}\"'\\-+жüß€漢🐿\x02\x7f\u00a0\u2028"
DEPTH = 3


class Leaf:
    """One entry of a mapping's fields, and how its columns are made."""

    def __init__(self, make, name, kind):
        self.name = name
        self.kind = kind  # of the value
        self.rng = make.rng
        self.is_csv = make.is_csv
        self.values = make.enums.get(kind)
        self.column = None
        self.options = {}
        self.key_kind = None  # of a map
        self.is_list = False
        self.empty = "reject"
        self.default = None  # in the text format
        self.constant = None  # (column, text format)
        self.avoid = ""

    def entry(self):
        if self.constant is not None:
            return {"constant": self.constant[0], **self.options}
        if not self.options:
            return self.column
        return {"column": self.column, **self.options}

    # -- values: (the column's bytes, the text format)

    def integer(self, kind):
        low, high = INTEGERS[kind]
        rng = self.rng
        value = rng.choice((0, 1, low, high, rng.randint(low, high),
                            rng.randint(max(low, -300), 300)))
        return str(value).encode(), str(value)

    def real(self, kind):
        form = "<d" if kind == "double" else "<f"
        size = struct.calcsize(form)
        value = self.rng.choice((0.0, -0.0, 0.5, -1e10, 55.1,
                                 self.rng.uniform(-180, 180)))
        if self.rng.random() < 0.5:
            (any_bits,) = struct.unpack(form, self.rng.randbytes(size))
            value = any_bits if any_bits - any_bits == 0 else 0.0
        return repr(value).encode(), repr(value)

    def string(self):
        letters = [c for c in LETTERS + ("\n\t\r" if self.is_csv else "")
                   if c not in self.avoid]
        size = self.rng.choice((1, 2, 3, 10, 200))
        text = "".join(self.rng.choices(letters, k=self.rng.randint(1, size)))
        if self.options.get("trim"):
            text = text.strip(" \t") or "x"
        return text.encode(), protobuf.quoted(text)

    def raw(self):
        how = self.options.get("encoding", "raw")
        size = self.rng.choice((1, 2, 3, 4, 90))
        if how == "raw":
            taken = b"\0\t\n\r \"" + self.avoid.encode()
            data = bytes(b for b in self.rng.randbytes(size)
                         if b not in taken) or b"\xff"
            return data, protobuf.quoted(data)
        data = self.rng.randbytes(size)
        if how == "hex":
            return data.hex().encode(), protobuf.quoted(data)
        import base64
        text = base64.b64encode(data)
        return (text if self.rng.random() < 0.5 else text.rstrip(b"="),
                protobuf.quoted(data))

    def value(self, kind=None):
        kind = kind or self.kind
        if kind in INTEGERS:
            return self.integer(kind)
        if kind in ("float", "double"):
            return self.real(kind)
        if kind == "bool":
            text = self.rng.choice(("true", "false", "1", "0"))
            return text.encode(), "true" if text in ("true", "1") else "false"
        if kind == "string":
            return self.string()
        if kind == "bytes":
            return self.raw()
        name, number = self.rng.choice(self.values)
        return self.rng.choice((name, str(number))).encode(), name

    def padded(self, text):
        if not self.options.get("trim"):
            return text
        blanks = [b"", b" ", b"  "] + ([] if not self.is_csv else [b"\t"])
        return self.rng.choice(blanks) + text + self.rng.choice(blanks)

    # -- a column: (its bytes, [text format of what it sets], is it there)

    def make(self, is_left_out=False):
        if is_left_out or (self.empty != "reject" and self.rng.random() < 0.3):
            if self.empty == "default" and not is_left_out:
                return b"", [f"{self.name}: {self.default}"], True
            return b"", [], False
        if self.key_kind:
            return self.make_map()
        if self.is_list:
            return self.make_list()
        text, value = self.value()
        return self.padded(text), [f"{self.name}: {value}"], True

    def make_list(self):
        if "split" not in self.options:
            items = [self.value()]
        else:
            items = [self.value() for _ in range(self.rng.choice((1, 2, 5)))]
        text = self.options.get("split", "").encode().join(
            self.padded(item) for item, _ in items)
        return text, [f"{self.name}: {value}" for _, value in items], True

    def make_map(self):
        entries, seen = [], set()
        for _ in range(self.rng.choice((1, 2, 5))):
            key, value = self.value(self.key_kind), self.value()
            if key[1] not in seen:
                seen.add(key[1])
                entries.append((key, value))
        text = self.options["split"].encode().join(
            self.padded(key[0]) + self.options["pair"].encode()
            + self.padded(value[0]) for key, value in entries)
        return text, [f"{self.name} {{ key: {key[1]} value: {value[1]} }}"
                      for key, value in entries], True


class Message:
    def __init__(self, name):
        self.name = name
        self.lines = []  # of its body
        self.members = []  # Leaf, or (field's name, is required, Message)
        self.oneofs = []  # lists of leaves


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.is_proto3 = rng.random() < 0.5
        self.is_csv = rng.random() < 0.4
        self.n_messages = 0
        self.columns = []
        self.enums = {}
        self.definitions = []
        for n in range(rng.randint(1, 2)):
            self.make_enum(f"Enum{n}")
        self.root = self.make_message(0)

    def make_enum(self, name):
        numbers = {0} | {self.rng.choice((
            1, 2, 127, 128, -1, self.rng.randint(-1 << 31, (1 << 31) - 1)))
            for _ in range(4)}
        numbers = [0] + sorted(numbers - {0})
        self.enums[name] = [(f"{name.upper()}_{n}", number)
                            for n, number in enumerate(numbers)]
        body = " ".join(f"{word} = {number};"
                        for word, number in self.enums[name])
        self.definitions.append(f"enum {name} {{ {body} }}")

    def numbers(self, n):
        """Field numbers of one to five bytes, none of those reserved."""
        out = set()
        while len(out) < n:
            out.add(self.rng.choice((
                self.rng.randint(1, 15), self.rng.randint(16, 2047),
                self.rng.randint(20000, (1 << 29) - 1))))
        return self.rng.sample(sorted(out), n)

    def make_message(self, depth):
        self.n_messages += 1
        message = Message(f"Message{self.n_messages}")
        for n, number in enumerate(self.numbers(self.rng.randint(1, 8))):
            kind = self.rng.choice(("one",) * 5 + ("list",) * 3 + ("map",)
                                   + ("message",) * 2 * (depth < DEPTH))
            getattr(self, f"add_{kind}")(message, f"f{n}", number, depth)
        if self.rng.random() < 0.3:
            self.add_oneof(message)
        self.definitions.append(
            "message %s {\n  %s\n}" % (message.name,
                                       "\n  ".join(message.lines)))
        return message

    def leaf(self, message, name, kinds=None):
        leaf = Leaf(self, name, self.rng.choice(
            kinds or (*SCALARS, *self.enums)))
        leaf.column = f"c{len(self.columns)}"
        self.columns.append(leaf)
        message.members.append(leaf)
        if self.rng.random() < 0.2:
            leaf.options["trim"] = True
        if leaf.kind == "bytes":
            leaf.options["encoding"] = self.rng.choice(("raw", "hex", "base64"))
            if leaf.options["encoding"] == "raw":
                leaf.options.pop("trim", None)
        return leaf

    def add_one(self, message, name, number, _depth):
        leaf = self.leaf(message, name)
        label = self.rng.choice(
            ("", "optional ") if self.is_proto3 else ("optional ", "required "))
        more = ""
        if label != "required ":
            leaf.empty = self.rng.choice(("reject", "skip", "default"))
            leaf.options["empty"] = leaf.empty
            leaf.default = self.zero(leaf)
            if not self.is_proto3 and self.rng.random() < 0.5:
                leaf.default = leaf.value()[1]
                more = f" [default = {leaf.default}]"
        if self.rng.random() < 0.1 and leaf.kind in INTEGERS:
            leaf.constant = tuple(
                part if isinstance(part, str) else part.decode()
                for part in leaf.value())
            leaf.options.clear()
            self.columns.remove(leaf)
        message.lines.append(f"{label}{leaf.kind} {name} = {number}{more};")

    def zero(self, leaf):
        if leaf.values:
            return leaf.values[0][0]
        return {"bool": "false", "string": '""', "bytes": '""'}.get(
            leaf.kind, "0")

    def add_list(self, message, name, number, _depth):
        leaf = self.leaf(message, name)
        leaf.is_list = True
        if self.rng.random() < 0.9:
            leaf.options["split"] = self.rng.choice(SPLITS)
            leaf.avoid = leaf.options["split"]
        leaf.empty = "nothing"  # no elements
        more = ""
        if leaf.kind not in ("string", "bytes") and self.rng.random() < 0.5:
            more = f" [packed = {self.rng.choice(('true', 'false'))}]"
        message.lines.append(f"repeated {leaf.kind} {name} = {number}{more};")

    def add_map(self, message, name, number, _depth):
        leaf = self.leaf(message, name)
        leaf.key_kind = self.rng.choice(KEYS)
        leaf.options["split"] = self.rng.choice(SPLITS)
        leaf.options["pair"] = self.rng.choice(PAIRS)
        leaf.avoid = leaf.options["split"] + leaf.options["pair"]
        leaf.options.pop("encoding", None)
        if leaf.options.get("trim") and leaf.kind == "bytes":
            del leaf.options["trim"]
        if leaf.kind == "bytes":
            leaf.options["encoding"] = "hex"
        leaf.empty = "nothing"
        message.lines.append(
            f"map<{leaf.key_kind}, {leaf.kind}> {name} = {number};")

    def add_message(self, message, name, number, depth):
        inner = self.make_message(depth + 1)
        label = "" if self.is_proto3 else self.rng.choice(
            ("optional ", "optional ", "required "))
        message.members.append((name, label == "required ", inner))
        message.lines.append(f"{label}{inner.name} {name} = {number};")

    def add_oneof(self, message):
        lines, leaves = [], []
        for n in range(self.rng.randint(1, 4)):
            leaf = self.leaf(message, f"o{n}")
            leaf.empty = leaf.options["empty"] = "skip"
            leaves.append(leaf)
            lines.append(f"{leaf.kind} o{n} = {3000 + n};")
        message.oneofs.append(leaves)
        message.lines.append("oneof one { %s }" % " ".join(lines))

    # -- what is made of it

    def proto(self):
        version = 3 if self.is_proto3 else 2
        return "\n".join([f'syntax = "proto{version}";', "package any;",
                          *self.definitions, ""])

    def fields(self, message=None, prefix=""):
        out = {}
        for member in (message or self.root).members:
            if isinstance(member, Leaf):
                out[prefix + member.name] = member.entry()
            else:
                name, _, inner = member
                out |= self.fields(inner, f"{prefix}{name}.")
        return out

    def row(self):
        """({column: bytes}, the message in the text format)."""
        columns = {}
        parts, _, _ = self.fill(self.root, columns)
        return columns, " ".join(parts)

    def fill(self, message, columns):
        """Parts of its text; is it there; is it nothing but constants."""
        silent = set()
        for leaves in message.oneofs:
            chosen = self.rng.choice([*leaves, None])
            silent |= {id(leaf) for leaf in leaves if leaf is not chosen}
        parts, is_there, is_constant = [], False, True
        for member in message.members:
            if not isinstance(member, Leaf):
                name, is_required, inner = member
                got, inner_there, inner_constant = self.fill(inner, columns)
                is_constant &= inner_constant
                if inner_there or is_required:
                    parts.append(f"{name} {{ {' '.join(got)} }}")
                is_there |= inner_there and not inner_constant
                continue
            if member.constant is not None:
                parts.append(f"{member.name}: {member.constant[1]}")
                continue
            is_constant = False
            text, got, leaf_there = member.make(id(member) in silent)
            columns[member.column] = text
            parts += got
            is_there |= leaf_there
        return parts, is_there or is_constant, is_constant
