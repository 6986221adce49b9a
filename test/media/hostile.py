"""Files that lie about themselves, unfold without end, hide something or are not what they say.

Made from three good pictures and the rules of their formats. Nothing in them shows anything but a
landscape or plain colour. What the decoders alone are given in C stands in hostile.c.
"""
import random
import struct
import zlib

WAITING, UNSUPPORTED, UNDECODABLE = "waiting", "unsupported", "undecodable"
REFUSED = {UNSUPPORTED, UNDECODABLE}
SHOWN = {WAITING}
ANY = {WAITING, UNSUPPORTED, UNDECODABLE}
DAMAGED, ANIMATED, TRAILING, UNSEEN = 1, 2, 8, 128 # bits of enum decode_flag

# Two blocks of 128 bytes with one MD5, of Wang, Feng, Lai and Yu (2004).
TWIN = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e48883257141"
    "5a085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248"
    "cda0e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70")
TWIN_DIFFERS = (19, 45, 59, 83, 109, 123) # by their highest bit


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def zeros(size):
    """A zlib stream of so many zero bytes, quickly: blocks that begin anew are repeated."""
    block = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    end = last.compress(bytes(size % block)) + last.flush()
    adler = ((size % 65521) << 16) | 1
    return b"\x78\xda" + packed * (size // block) + end + struct.pack(">I", adler)


def png(width, height, colour=2, depth=8, data=None, before=b"", interlaced=0):
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    rows = zlib.compress(b"") if data is None else data
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", rows)
            + chunk(b"IEND", b""))


def plain(width, height, pixel):
    """A grey PNG; pixel(x, y) is 0 .. 255."""
    rows = b"".join(b"\0" + bytes(pixel(x, y) for x in range(width)) for y in range(height))
    return png(width, height, colour=0, data=zlib.compress(rows))


def riff(kind, data):
    body = b"WEBP" + kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def segment(marker, data):
    return bytes([0xff, marker]) + struct.pack(">H", len(data) + 2) + data


def bmp(width, height, bits=24, coding=0, offset=54, used=0, data=bytes(64)):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, coding, 0, 0, 0, used, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, offset) + head + data


def gif(width, height, frames):
    """Frames of one pixel in two colours, at the places given."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + b"".join(b"," + struct.pack("<HHHHB", x, y, 1, 1, 0) + b"\x02\x02L\x01\0"
                           for x, y in frames) + b";"


def lies(jpeg, webp):
    """Sides that are not those of the data, or that nobody can hold: refused on the header."""
    at = webp.index(b"\x9d\x01\x2a") + 3
    yield "lie-0x0.png", png(0, 0), REFUSED
    yield "lie-2-31.png", png(0x7fffffff, 0x7fffffff), REFUSED
    yield "lie-2-32.png", png(0xffffffff, 1), REFUSED
    yield "lie-65535.png", png(65535, 65535, data=zeros(1 << 20)), REFUSED
    yield "lie-depth.png", png(64, 64, depth=7), REFUSED
    yield "lie-colour.png", png(64, 64, colour=5), REFUSED
    yield "bomb-16383.webp", webp[:at] + b"\xff\x3f\xff\x3f" + webp[at + 4:], REFUSED
    yield "bomb-16384.webp", riff(b"VP8L", b"\x2f\xff\xff\xff\x0f" + b"\0" * 64), REFUSED
    yield "lie-riff.webp", webp[:4] + b"\xff\xff\xff\xff" + webp[8:], ANY
    yield "lie-2-31.bmp", bmp(0x7fffffff, 0x7fffffff), REFUSED
    yield "lie-negative.bmp", bmp(-8, -(1 << 31)), REFUSED
    yield "lie-bits.bmp", bmp(64, 64, bits=77), REFUSED
    yield "lie-coding.bmp", bmp(64, 64, coding=9), REFUSED
    yield "lie-0x0.bmp", bmp(0, 0), REFUSED
    yield "lie-65535.tga", bytes([0, 0, 2]) + bytes(9) + b"\xff\xff\xff\xff\x18\0", REFUSED
    yield "lie-sides.pnm", b"P6\n4294967295 4294967295\n255\n" + bytes(64), REFUSED
    yield "lie-long.pnm", b"P6\n" + b"9" * 100000 + b" 1\n255\n", REFUSED
    yield "lie-entries.ico", b"\0\0\1\0\xff\xff" + bytes(12) + b"\xff" * 4 + bytes(64), REFUSED
    yield "lie-2-30.jxl", b"\xff\x0a\xfe\xff\xff\xff\xf1\xff\xff\xff\x0f" + bytes(64), REFUSED
    yield "screen-65535.gif", (b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff"
                               b"\xff\xff\0\x02\x02D\x01\0;"), REFUSED
    yield "lie-psd.psd", (b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 300000, 300000, 8, 3)
                          + bytes(14)), REFUSED
    frame = jpeg.index(b"\xff\xc0")
    yield "precision-12.jpg", jpeg[:frame + 4] + b"\x0c" + jpeg[frame + 5:], REFUSED
    yield "components-255.jpg", jpeg[:frame + 9] + b"\xff" + jpeg[frame + 10:], REFUSED
    for marker, name in ((0xc3, "lossless"), (0xc9, "arithmetic"), (0xcf, "differential")):
        yield f"{name}.jpg", jpeg[:frame + 1] + bytes([marker]) + jpeg[frame + 2:], ANY


def bombs(picture):
    """Much out of little; the good picture behind the texts has to come out, or a refusal."""
    head, rest = picture[:33], picture[33:]
    many = chunk(b"zTXt", b"Comment\0\0" + zeros(64 << 20)) * 40
    yield "ztxt-bomb.png", head + many + rest, SHOWN
    yield "iccp-bomb.png", head + chunk(b"iCCP", b"p\0\0" + zeros(256 << 20)) + rest, SHOWN
    yield "itxt-bomb.png", head + chunk(b"iTXt", b"c\0\1\0\0\0" + zeros(256 << 20)) + rest, SHOWN
    yield "bomb-1200mb.png", png(20000, 20000, data=zeros(1_200_020_000)), REFUSED
    yield "chunks-100000.png", head + chunk(b"tEXt", b"a\0b") * 100000 + rest, ANY


def heavy(jpeg):
    """Within the limits of the header, and much work behind it."""
    yield "runs-within.bmp", bmp(30000, 4999, bits=8, coding=1, offset=1078,
                                data=bytes(range(256)) * 4 + b"\xff\x07\0\1"), ANY
    yield "offset.bmp", bmp(64, 64, offset=0xfffffff0), REFUSED
    yield "colours.bmp", bmp(64, 64, bits=8, used=0xffffffff), ANY
    yield "bomb-within.png", png(12000, 12000, data=zeros(3 * 12000 * 12000 + 12000)), ANY
    start = jpeg[:2]
    yield "tables-10000.jpg", start + segment(0xdb, b"\0" + b"\1" * 64) * 10000 + jpeg[2:], ANY
    yield "comments-6mb.jpg", start + segment(0xfe, bytes(65000)) * 100 + jpeg[2:], SHOWN
    yield "icc-255.jpg", start + b"".join(segment(0xe2, b"ICC_PROFILE\0" + bytes([n, 255])
                                                  + bytes(60000)) for n in range(1, 256)) \
        + jpeg[2:], SHOWN
    loop = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\x08\0\0\0"
    yield "exif-loop.jpg", start + segment(0xe1, loop) + jpeg[2:], SHOWN
    far = b"Exif\0\0II*\0\xf0\xff\xff\xff\xff\xff" + bytes(40)
    yield "exif-far.jpg", start + segment(0xe1, far) + jpeg[2:], SHOWN
    yield "restarts.jpg", jpeg[:-2] + b"\xff\xd0\xff\xd1" * 100000 + b"\xff\xd9", ANY
    yield "starts-50000.jpg", b"\xff\xd8" * 50000 + jpeg, ANY


def frames():
    """Animations without end: the first picture is shown, the looks are counted."""
    many = gif(16, 16, ((n % 16, n // 16 % 16) for n in range(100000)))
    yield "frames-100000.gif", many, SHOWN, ANIMATED | UNSEEN
    wide = gif(8000, 8000, ((n, n) for n in range(2000)))
    yield "many-canvas-frames.gif", wide, SHOWN, ANIMATED | UNSEEN
    tiff = b"II*\0\x08\0\0\0" + b"".join(
        struct.pack("<HHHIIHHIIHHIII", 3, 256, 3, 1, 8, 257, 3, 1, 8, 259, 3, 1, 1,
                    8 + 42 * (n + 1)) for n in range(20000))
    yield "pages-20000.tif", tiff, ANY
    loop = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 256, 3, 1, 8, 8)
    yield "pages-loop.tif", loop, REFUSED


def box(kind, data, size=None):
    """A box of ISO's base format; size: what it says of itself instead of the truth."""
    return struct.pack(">I", 8 + len(data) if size is None else size) + kind + data


def nested(kind, depth):
    """Boxes in boxes, the innermost empty."""
    return b"".join(struct.pack(">I", 8 * (depth - n)) + kind for n in range(depth))


def in_boxes(coded):
    """Stills in boxes whose boxes lie. coded: files by their ending, as make-media --coded has."""
    for ending in (".avif", ".heic"):
        data = coded[ending]
        head, sides = data[:struct.unpack(">I", data[:4])[0]], data.index(b"ispe") + 8
        for name, lie in (("17000", 17000), ("2-32", 0xffffffff), ("0", 0)):
            yield (f"lie-{name}{ending}", data[:sides] + struct.pack(">II", lie, lie)
                   + data[sides + 8:], REFUSED)
        yield f"head-only{ending}", head, REFUSED
        yield f"nested-20000{ending}", head + nested(b"meta", 20000), REFUSED
        yield f"too-long{ending}", head + box(b"meta", data[len(head) + 8:], 0xfffffff0), REFUSED
        yield (f"too-long-2-63{ending}", head + box(b"meta", struct.pack(">Q", 1 << 63)
               + data[len(head) + 8:], 1), REFUSED)
        place = data.index(b"iloc") + 8
        yield f"far{ending}", data[:place] + b"\xff" * 12 + data[place + 12:], REFUSED
        items = data.index(b"iinf") + 8
        yield f"items-65535{ending}", data[:items] + b"\xff\xff" + data[items + 2:], ANY
    data = coded[".jp2"]
    size = data.index(b"\xff\x51") + 6
    for name, lie in (("2-31", 0x7fffffff), ("2-32", 0xffffffff), ("0", 0)):
        yield (f"lie-{name}.jp2", data[:size] + struct.pack(">II", lie, lie) + data[size + 8:],
               REFUSED)
    yield ("tiles-of-1.jp2", data[:size] + struct.pack(">IIIIII", 12000, 12000, 0, 0, 1, 1)
           + data[size + 24:], ANY)
    yield "parts-16384.jp2", data[:size + 32] + b"\x40\0" + data[size + 34:], REFUSED


def films():
    """Films, of which no picture is made, and which lie about how much there is of them."""
    head = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
    clock = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 0, 0xffffffff) + bytes(80))
    table = box(b"stsz", struct.pack(">III", 0, 0, 0xffffffff) + bytes(64))
    for part in (b"stbl", b"minf", b"mdia", b"trak"):
        table = box(part, table)
    yield "samples-2-32.mp4", head + box(b"moov", clock + table), REFUSED
    yield "nested-20000.mp4", head + nested(b"moov", 20000), REFUSED
    yield "too-long.mov", head + box(b"mdat", bytes(100), 0xffffffff), REFUSED
    yield "lie.avi", b"RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\xffhdrl" + bytes(64), REFUSED
    yield "lie.mkv", b"\x1a\x45\xdf\xa3\xff" + b"\xff" * 64, REFUSED


def broken_pngs(picture):
    """One thing wrong each, as PngSuite has it: none may come out as whole."""
    def head(**more):
        return png(32, 32, data=zlib.compress(bytes(97 * 32)), **more)

    for at in (0, 1, 3, 6):
        yield f"mark-{at}.png", picture[:at] + b"\x2a" + picture[at + 1:], REFUSED
    yield "text-mode-cr.png", picture[:8].replace(b"\n", b"\r\n") + picture[8:], REFUSED
    yield "text-mode-lf.png", picture[:8].replace(b"\r\n", b"\n") + picture[8:], REFUSED
    yield "head-checksum.png", picture[:29] + bytes(4) + picture[33:], ANY
    for colour in (1, 9):
        yield f"colour-{colour}.png", head(colour=colour), REFUSED
    for depth in (0, 3, 99):
        yield f"depth-{depth}.png", head(depth=depth), REFUSED
    yield "no-data.png", picture[:33] + chunk(b"IEND", b""), REFUSED
    yield "data-checksum.png", picture[:-14] + bytes(2) + picture[-12:], ANY


def good_png(colour, depth, side, interlaced):
    """All rows' filters in turn; which pixels come of them does not matter."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                  (1, 0, 2, 2), (0, 1, 1, 2)]
    data = bytearray()
    for left, top, right, down in passes:
        columns, rows = len(range(left, side, right)), range(top, side, down)
        for number in range(len(rows) if columns else 0):
            data.append(number % 5 if colour != 3 else 0)
            size = (columns * channels * depth + 7) // 8
            data += bytes((37 * number + 11 * n) % 256 for n in range(size))
    palette = chunk(b"PLTE", bytes(range(3 << depth))[:768]) if colour == 3 and depth < 8 else b""
    if colour == 3 and depth == 8:
        palette = chunk(b"PLTE", bytes(range(256)) * 3)
    return png(side, side, colour=colour, depth=depth, data=zlib.compress(bytes(data)),
               before=palette, interlaced=interlaced)


def good_pngs():
    """Every colour type and depth that there is, straight and interlaced, and odd sides."""
    kinds = [(0, d) for d in (1, 2, 4, 8, 16)] + [(3, d) for d in (1, 2, 4, 8)]
    kinds += [(c, d) for c in (2, 4, 6) for d in (8, 16)]
    for interlaced in (0, 1):
        for colour, depth in kinds:
            yield (f"colour-{colour}-{depth}-{interlaced}.png",
                   good_png(colour, depth, 33, interlaced), SHOWN)
        for side in (1, 2, 3, 4, 5, 6, 7, 8, 9, 35, 40):
            yield f"side-{side}-{interlaced}.png", good_png(3, 4, side, interlaced), SHOWN


def disguises(bait, url):
    """Texts that other programs would follow, named as pictures. bait: a file, url: an address."""
    texts = {
        "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{bait}\n{url}\n",
        "concat": f"ffconcat version 1.0\nfile {bait}\n",
        "html": f"<!DOCTYPE html><img src='{url}'><script>fetch('{url}')</script>",
        "svg": f"<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'>"
               f"<image x:href='file://{bait}'/><image x:href='{url}'/></svg>",
        "entities": f"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file://{bait}'>]>"
                    "<svg>&b;</svg>",
        "shell": f"#!/bin/sh\ncat {bait}; curl {url}\n",
        "mvg": f"push graphic-context\nimage over 0,0 0,0 'url({url})'\npop graphic-context\n",
        "eps": f"%!PS-Adobe-3.0 EPSF-3.0\n({bait}) (r) file\n",
        "pdf": f"%PDF-1.7\n1 0 obj<</OpenAction<</S/URI/URI({url})>>>>endobj\n%%EOF\n",
        "manifest": f"<MPD><BaseURL>{url}</BaseURL></MPD>",
        "php": f"<?php readfile('{bait}');",
        "link": f"[InternetShortcut]\nURL={url}\n",
        "session": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 0 RTP/AVP 96\na=control:{url}\n",
        "xbm": "#define a_width 4294967295\n#define a_height 4294967295\n",
    }
    for name, text in texts.items():
        yield f"{name}.jpg", text.encode(), REFUSED
    yield "svgz.jpg", zlib.compress(texts["svg"].encode(), wbits=31)[:-9], REFUSED
    yield "program.jpg", b"\x7fELF\2\1\1" + bytes(100), REFUSED


def polyglots(jpeg, picture, webp):
    """Good pictures that are something else too: shown, and flagged where bytes stand behind."""
    zipped = (b"PK\3\4" + bytes(26) + b"PK\5\6" + bytes(18))
    yield "and-zip.jpg", jpeg + zipped, SHOWN, TRAILING
    yield "and-html.jpg", jpeg + b"<script>alert(1)</script>", SHOWN, TRAILING
    yield "and-pdf.jpg", jpeg + b"\n%PDF-1.4\n%%EOF\n", SHOWN, TRAILING
    yield "and-php.png", picture + b"<?php phpinfo();", SHOWN, TRAILING
    yield "and-program.webp", webp + b"MZ" + bytes(200), SHOWN, TRAILING
    yield "script-inside.jpg", jpeg[:2] + segment(0xfe, b"*/<script>alert(1)</script>") \
        + jpeg[2:], SHOWN
    yield "html-inside.png", picture[:33] + chunk(b"tEXt", b"Comment\0<script>alert(1)</script>") \
        + picture[33:], SHOWN


def no_hash():
    """Pictures whose perceptual hash would fit too much: none may be given as good."""
    yield "black.png", plain(96, 96, lambda x, y: 0), SHOWN
    yield "white.png", plain(96, 96, lambda x, y: 255), SHOWN
    yield "grey.png", plain(640, 1, lambda x, y: 128), SHOWN
    yield "one.png", plain(1, 1, lambda x, y: 7), SHOWN
    yield "four.png", plain(4, 4, lambda x, y: 60 * x), SHOWN
    yield "thin.png", plain(1, 600, lambda x, y: y % 256), SHOWN
    yield "faint.png", plain(96, 96, lambda x, y: 120 + (x + y) % 2), SHOWN


def mutated(pictures, count):
    """Good files with some bytes changed, cut out or put in: any verdict, but one."""
    chance = random.Random(31)
    for number in range(count):
        data = bytearray(pictures[number % len(pictures)])
        for _ in range(chance.choice((1, 4, 30))):
            at, what = chance.randrange(len(data)), chance.randrange(4)
            if what == 0:
                data[at] = chance.randrange(256)
            elif what == 1:
                data[at] ^= 1 << chance.randrange(8)
            elif what == 2:
                del data[at:at + chance.randrange(1, 40)]
            else:
                data[at:at] = bytes([chance.choice((0, 255))]) * chance.randrange(1, 8)
        yield f"mutated-{number:03}.bin", bytes(data), ANY


def twins():
    """Two files with one MD5."""
    other = bytes(b ^ 0x80 if at in TWIN_DIFFERS else b for at, b in enumerate(TWIN))
    return [("twin-1.bin", TWIN + b" the same end", REFUSED),
            ("twin-2.bin", other + b" the same end", REFUSED)]
