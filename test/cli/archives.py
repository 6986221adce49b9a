"""Archives for tests, honest and hostile, built byte by byte so that each can lie as it likes."""
import struct
import zlib

STORED, DEFLATE = 0, 8


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


class Entry:
    """One entry; whatever is given besides name and data is what the headers say instead."""

    def __init__(self, name, data=b"", method=DEFLATE, **lies):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.method, self.lies = method, lies
        self.packed = lies.get("packed", deflate(data) if method == DEFLATE else data)
        self.crc = lies.get("crc", zlib.crc32(data))
        self.size = lies.get("size", len(data))
        self.packed_size = lies.get("packed_size", len(self.packed))
        self.flags = lies.get("flags", 0)
        self.at = None

    def local(self):
        later = self.flags & 8
        extra = self.lies.get("local_extra", b"")
        name = self.lies.get("local_name", self.name)
        head = struct.pack(
            "<4sHHHHHIIIHH", b"PK\3\4", 20, self.lies.get("local_flags", self.flags),
            self.lies.get("local_method", self.method), 0, 33,
            0 if later else self.lies.get("local_crc", self.crc),
            0 if later else self.lies.get("local_packed_size", min(self.packed_size, 0xffffffff)),
            0 if later else self.lies.get("local_size", min(self.size, 0xffffffff)),
            len(name), len(extra))
        tail = struct.pack("<4sIII", b"PK\7\x08", self.crc, len(self.packed),
                           self.size) if later else b""
        return head + name + extra + self.packed + tail

    def central(self):
        extra = self.lies.get("extra", b"")
        made_by = 3 << 8 if "mode" in self.lies else self.lies.get("made_by", 0)
        return struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\1\2", made_by, 20, self.flags, self.method, 0, 33,
            self.crc, min(self.packed_size, 0xffffffff), min(self.size, 0xffffffff),
            len(self.name), len(extra), 0, 0, 0, self.lies.get("mode", 0) << 16,
            self.at if "extra" not in self.lies else self.lies.get("said_at", self.at)
        ) + self.name + extra


def end(count, size, at, comment=b"", here=None):
    return struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count if here is None else here, count, size,
                       at, len(comment)) + comment


def end64(count, size, at, here_at):
    return struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size,
                       at) + struct.pack("<4sIQI", b"PK\6\7", 0, here_at, 1)


def archive(entries, comment=b"", count=None, wide=False, front=b""):
    """The bytes; count: how many the end record says there are; wide: with a Zip64 end record."""
    out = bytearray(front)
    for entry in entries:
        entry.at = entry.lies.get("at", len(out))
        if "at" not in entry.lies:
            out += entry.local()
    directory = b"".join(entry.central() for entry in entries)
    at, count = len(out), len(entries) if count is None else count
    out += directory
    if wide:
        out += end64(count, len(directory), at, len(out))
        count, at, size = 0xffff, 0xffffffff, 0xffffffff
    else:
        size = len(directory)
    return bytes(out + end(count & 0xffff, size, at, comment))


def quoted_bomb(count=200, kernel=1 << 20):
    """Entries that share one kernel: each quotes the header of the next and goes on into it."""
    plain = b"\0" * kernel
    packed = deflate(plain)
    entries = []
    for number in range(count):
        entries.insert(0, Entry(f"q{number:03}", packed=packed, size=len(plain),
                                crc=zlib.crc32(plain)))
        out = entries[0].local()
        quoted = out[:len(out) - len(packed)]
        packed = struct.pack("<BHH", 0, len(quoted), len(quoted) ^ 0xffff) + out
        plain = quoted + plain
    for number, entry in enumerate(entries):
        entry.at = number * (len(quoted) + 5)
    directory = b"".join(entry.central() for entry in entries)
    return out + directory + end(count, len(directory), len(out))
