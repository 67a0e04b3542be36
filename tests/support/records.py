"""What memc_load should make of a text, written a second time.

An encoder and a decoder of the stored value, a model of every row of the
input table, a generator of lines and a few ways to gzip them. Nothing here
is shared with the program: it is the control the program is held against.
Pure functions; the same seed always makes the same lines.
"""

import collections
import functools
import math
import random
import re
import struct
import zlib

TYPES = ("idfa", "gaid", "adid", "dvid")
ITEM_OVERHEAD = 59
ITEM_MAX = 1 << 20
KEY_MAX = 250
MAX_LINE = 1 << 20

# --- the stored value --------------------------------------------------------


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def pack_apps(apps):
    return b"".join(b"\x08" + varint(app) for app in apps)


def pack(apps, lat, lon):
    """UserApps as bytes: apps not packed, then lat, then lon."""
    return pack_apps(apps) + struct.pack("<BdBd", 0x11, lat, 0x19, lon)


def read_varint(value, at):
    number = shift = 0
    while True:
        byte = value[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > 63:
            raise ValueError("varint of more than 10 bytes")


def unpack(value):
    """(apps, lat, lon) of a stored value; ValueError for anything else."""
    apps, lat, lon = [], None, None
    at = 0
    try:
        while at < len(value):
            tag, at = read_varint(value, at)
            if tag == 0x08:
                app, at = read_varint(value, at)
                if app > 0xFFFFFFFF:
                    raise ValueError(f"app {app} is no uint32")
                apps.append(app)
            elif tag == 0x11:
                (lat,) = struct.unpack_from("<d", value, at)
                at += 8
            elif tag == 0x19:
                (lon,) = struct.unpack_from("<d", value, at)
                at += 8
            else:
                raise ValueError(f"tag {tag:#x} at byte {at}")
    except (IndexError, struct.error):
        raise ValueError(f"the value ends inside a field: {value!r}") from None
    return apps, lat, lon


# --- the model of the input table --------------------------------------------

Item = collections.namedtuple("Item", "line type key value")
Bad = collections.namedtuple("Bad", "line reason")

NUMBER = re.compile(rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
LINE_END = re.compile(rb"\r\n|\n|\r")
BAD_KEY = re.compile(rb"[\x00-\x20\x7f]")


class Expected:
    """What loading a text should come to."""

    def __init__(self):
        self.lines = self.blank = 0
        self.out_of_range = self.skipped_app = 0
        self.items = []
        self.bad = []

    @property
    def rejects(self):
        return dict(collections.Counter(bad.reason for bad in self.bad))

    def stored(self):
        """{type: {key: value}}: what the servers should hold at the end."""
        out = {}
        for item in self.items:
            out.setdefault(item.type, {})[item.key] = item.value
        return out

    def count(self, kind):
        """Items of one type."""
        return sum(1 for item in self.items if item.type == kind)


def split_lines(text):
    if text.startswith(b"\xef\xbb\xbf"):
        text = text[3:]
    lines = LINE_END.split(text)
    if not lines[-1]:
        lines.pop()
    return lines


def number(column):
    if not NUMBER.match(column):
        return None
    value = float(column)
    return value if math.isfinite(value) else None


@functools.lru_cache(4096)
def apps_of(column):
    """(apps, skipped) of the last column."""
    apps, skipped = [], 0
    if not column:
        return apps, skipped
    for word in column.split(b","):
        word = word.strip(b" \t")
        digits = word.lstrip(b"0") or b"0"
        if word.isdigit() and len(digits) <= 10 and int(digits) < 1 << 32:
            apps.append(int(digits))
        else:
            skipped += 1
    return apps, skipped


@functools.lru_cache(4096)
def packed_apps_of(column):
    apps, skipped = apps_of(column)
    return pack_apps(apps), skipped


def judge(line, strict, max_line, types, item_max):
    """A reason, or (type, key, value, is out of range, skipped ids)."""
    if len(line) > max_line or b"\0" in line:
        return "bad_line"
    columns = line.split(b"\t")
    if len(columns) != 5:
        return "columns"
    kind, ident, lat, lon, apps = columns
    if not kind or not ident:
        return "empty_key"
    key = kind + b":" + ident
    if len(key) > KEY_MAX or BAD_KEY.search(key):
        return "bad_key"
    if kind not in types:
        return "unknown_type"
    lat, lon = number(lat), number(lon)
    if lat is None or lon is None:
        return "bad_number"
    packed, skipped = packed_apps_of(apps)
    if strict and skipped:
        return "bad_app"
    value = packed + struct.pack("<BdBd", 0x11, lat, 0x19, lon)
    if len(key) + len(value) + ITEM_OVERHEAD > item_max:
        return "too_large"
    is_out = not (-90 <= lat <= 90 and -180 <= lon <= 180)
    return kind, key, value, is_out, skipped


def read(text, strict=False, max_line=MAX_LINE, types=TYPES, item_max=ITEM_MAX,
         cut_off=False):
    """The model: an Expected for this text. cut_off: the stream broke off at
    its end, so that an unfinished last line is a bad one. Many loads are of one
    text, which is read once: nobody may change what comes out."""
    return read_once(text, strict, max_line, tuple(types), item_max, cut_off)


@functools.lru_cache(16)
def read_once(text, strict, max_line, types, item_max, cut_off):
    names = {kind.encode(): kind for kind in types}
    out = Expected()
    lines = split_lines(text)
    is_cut = cut_off and text[-1:] not in (b"", b"\n", b"\r")
    for at, line in enumerate(lines, 1):
        out.lines += 1
        if is_cut and at == len(lines):
            out.bad.append(Bad(at, "bad_line"))
            continue
        if not line.strip(b" \t"):
            out.blank += 1
            continue
        got = judge(line, strict, max_line, names, item_max)
        if isinstance(got, str):
            out.bad.append(Bad(at, got))
            continue
        kind, key, value, is_out, skipped = got
        out.out_of_range += is_out
        out.skipped_app += skipped
        out.items.append(Item(at, names[kind], key, value))
    return out


# --- lines -------------------------------------------------------------------


@functools.lru_cache(16)
def generate(n, seed, keys=None, types=TYPES, apps=(1, 100), first=0):
    """n good lines as bytes, real-shaped: ids of 0..9999, four types at random.

    keys: how many different device ids there are (None: every line its own).
    Every line's value is its own, because lat tells the line's number.
    """
    rng = random.Random(seed)
    pool = []
    for _ in range(min(n, 400)):
        size = rng.randint(*apps)
        pool.append(",".join(str(rng.randrange(10000)) for _ in range(size)))
    out = []
    for at in range(first, first + n):
        ident = at if keys is None else rng.randrange(keys)
        out.append(
            f"{rng.choice(types)}\t{ident:x}{seed:x}\t"
            f"{at % 90}.{at:09d}\t{rng.uniform(-180, 180)!r}\t"
            f"{rng.choice(pool)}\n"
        )
    return "".join(out).encode()


def line(kind="idfa", ident="1", lat="55.1", lon="55.1", apps="1,2,3",
         end="\n"):
    """One line of text; every column may be str or bytes."""
    columns = (kind, ident, lat, lon, apps)
    raw = (c if isinstance(c, bytes) else c.encode() for c in columns)
    return b"\t".join(raw) + end.encode()


# --- gzip --------------------------------------------------------------------


def member(text, level=1):
    """One gzip member."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()


def broken_off(text, level=1):
    """The start of a member that gives all of the text and has no end."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)


def flipped(data, at):
    """The same bytes with one bit of byte `at` turned over."""
    out = bytearray(data)
    out[at] ^= 0x10
    return bytes(out)


def inflate_all(data):
    """As much text as zlib gets out of a (broken) file of members."""
    out = bytearray()
    while data[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(31)
        try:
            # byte by byte, so that an error loses nothing before it
            for at in range(len(data)):
                out += unpacker.decompress(data[at:at + 1])
        except zlib.error:
            break
        if not unpacker.eof:
            break
        data = unpacker.unused_data
    return bytes(out)


# what zlib says of code tables that ISA-L may take (source/gzip.h): it then
# gives more text before it finds that something is wrong
TABLE_PROBLEMS = ("invalid code lengths set", "invalid literal/lengths set",
                  "invalid distances set", "missing end-of-block",
                  "invalid bit length repeat", "too many length or distance")


def judge_gzip(data):
    """(reason, text, zlib's problem) of a file that is no zstd: reason is None when it is
    whole, else the word of the contract; text is all that comes before."""
    if data[:2] != b"\x1f\x8b":
        is_text = data and b"\0" not in data[:1 << 16]
        return (None, data, "") if is_text else ("not_gzip", b"", "")
    out = bytearray()
    while True:
        if len(data) < 10:
            return "truncated", bytes(out), ""
        unpacker = zlib.decompressobj(31)
        for at in range(len(data)):
            try:
                out += unpacker.decompress(data[at:at + 1])
            except zlib.error as e:
                # a trailer is judged when all of it is there
                is_cut = "data check" in str(e) and at + 5 > len(data)
                return ("truncated" if is_cut else "corrupt", bytes(out),
                        str(e))
            if unpacker.eof:
                break
        if not unpacker.eof:
            return "truncated", bytes(out), ""
        data = data[at + 1:]
        if not data:
            return None, bytes(out), ""
        if data[:2] != b"\x1f\x8b":
            return "trailing", bytes(out), ""
