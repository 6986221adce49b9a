"""assay hash's second chances: frames, thumbnails that differ, pictures without their borders."""
import struct
import zlib

from test_hash import FIELDS, HashCase, distance, formula
from workspace import main, png

ALL = ("--frames", "--thumbnail", "--unbordered")
KEYS = ["pdq_frames", "pdq_thumbnail", "pdq_unbordered"]
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data
            + struct.pack(">I", zlib.crc32(kind + data)))


class Picture:
    """Rows of bytes, R G B."""

    def __init__(self, rows):
        self.rows = rows
        self.width, self.height = len(rows[0]) // 3, len(rows)

    @classmethod
    def scene(cls, number, width, height):
        """Waves that another number turns and moves."""
        def level(x, y, c):
            t = (3 + number % 5) * x + (7 - number % 4) * y + 40 * c + (x * y * number >> 4)
            return min(t & 511, 511 - (t & 511)) & 255

        return cls([bytes(level(x, y, c) for x in range(width) for c in range(3))
                    for y in range(height)])

    @classmethod
    def plain(cls, width, height, colour):
        return cls([bytes(colour) * width for _ in range(height)])

    def with_part(self, part, left, top):
        rows = list(self.rows)
        for y, row in enumerate(part.rows, top):
            rows[y] = rows[y][:3 * left] + row + rows[y][3 * (left + part.width):]
        return Picture(rows)

    def part(self, left, top, width, height):
        return Picture([row[3 * left:3 * (left + width)] for row in self.rows[top:top + height]])

    def packed(self):
        return zlib.compress(b"".join(b"\0" + row for row in self.rows))

    def head(self):
        return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, 8, 2,
                                                      0, 0, 0))

    def png(self):
        return self.head() + chunk(b"IDAT", self.packed()) + chunk(b"IEND", b"")


KEEP, CLEAR, BACK = 0, 1, 2


def apng(frames):
    """Of (picture, left, top, what becomes of it, delay); the first fills the canvas."""
    number, out = 0, frames[0][0].head() + chunk(b"acTL", struct.pack(">II", len(frames), 0))
    for i, (picture, left, top, after, (above, below)) in enumerate(frames):
        out += chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, picture.width, picture.height,
                                          left, top, above, below, after, 0))
        number += 1
        if i == 0:
            out += chunk(b"IDAT", picture.packed())
        else:
            out += chunk(b"fdAT", struct.pack(">I", number) + picture.packed())
            number += 1
    return out + chunk(b"IEND", b"")


class Chances(HashCase):
    def one(self, picture):
        row, = self.rows(self.file("one.png", picture.png()))
        return {"pdq": row["pdq"], "pdq_quality": row["pdq_quality"]}

    def test_frames_are_hashed_as_they_are_shown(self):
        first, part = Picture.scene(1, 120, 90), Picture.scene(6, 70, 60)
        other = Picture.scene(11, 60, 80)
        path = self.file("a.png", apng([(first, 0, 0, KEEP, (1, 25)), (part, 40, 20, BACK, (1, 3)),
                                        (other, 10, 5, CLEAR, (2, 0)), (part, 40, 20, KEEP, (0, 9)),
                                        (first, 0, 0, KEEP, (5, 1000))]))
        second, third = first.with_part(part, 40, 20), first.with_part(other, 10, 5)
        fourth = first.with_part(Picture.plain(60, 80, (0, 0, 0)), 10, 5).with_part(part, 40, 20)
        row, = self.rows("--frames", path)
        self.assertEqual(list(row), [*FIELDS, "pdq_frames"])
        self.assertEqual({"pdq": row["pdq"], "pdq_quality": row["pdq_quality"]}, self.one(first))
        self.assertEqual(row["pdq_frames"],
                         [{"index": i, **self.one(p)} for i, p in ((1, second), (2, third),
                                                                   (3, fourth))])
        self.assertEqual((row["frames"], row["flags"]), (5, ["animated"]))
        self.assertEqual(row["duration_ms"], 40 + 333 + 20 + 5)

    def test_frames_within_ten_bits_of_one_before_are_not_listed(self):
        first = Picture.scene(1, 100, 80)
        nearly = first.with_part(Picture.plain(1, 1, (1, 2, 3)), 50, 40)
        far = Picture.scene(2, 100, 80)
        frames = [first, nearly, far, nearly, far.with_part(nearly.part(3, 3, 2, 2), 9, 9), first]
        path = self.file("a.png", apng([(p, 0, 0, KEEP, (1, 10)) for p in frames]))
        row, = self.rows("--frames", path)
        self.assertEqual([f["index"] for f in row["pdq_frames"]], [2])
        self.assertGreater(distance(row["pdq"], row["pdq_frames"][0]["pdq"]), 10)

    def test_pages_behind_one_that_is_too_small_are_listed(self):
        pages = formula("A", 3, 3) + formula("A", 200, 150) + formula("B", 90, 60)
        alone, = self.rows(self.file("one.ppm", formula("A", 200, 150)))
        row, = self.rows("--frames", self.file("a.ppm", pages))
        self.assertEqual((row["pdq"], row["pdq_reason"]), (None, "too_small"))
        self.assertEqual([f["index"] for f in row["pdq_frames"]], [1, 2])
        self.assertEqual(row["pdq_frames"][0]["pdq"], alone["pdq"])

    def test_a_bordered_picture_has_the_hash_of_the_part_cut_out(self):
        scene = Picture.scene(3, 130, 100)
        framed = Picture.plain(190, 170, (250, 250, 240)).with_part(scene, 25, 44)
        row, = self.rows("--unbordered", self.file("a.png", framed.png()))
        got = row["pdq_unbordered"]
        self.assertEqual(list(got), ["pdq", "pdq_quality", "left", "top", "width", "height"])
        box = [got[name] for name in ("left", "top", "width", "height")]
        self.assertEqual(box, [25, 44, 130, 100])
        self.assertEqual({"pdq": got["pdq"], "pdq_quality": got["pdq_quality"]}, self.one(scene))
        self.assertGreater(distance(got["pdq"], row["pdq"]), 31)

    def test_what_has_none_of_it_says_null_or_an_empty_list(self):
        scene = self.file("a.png", Picture.scene(3, 130, 100).png())
        black = self.file("b.png", Picture.plain(90, 70, (0, 0, 0)).png())
        text = self.file("c", b"words")
        rows = self.rows(*ALL, scene, black, text)
        for row, frames in zip(rows, ([], [], None), strict=True):
            self.assertEqual(list(row), [*FIELDS, *KEYS])
            self.assertEqual([row[key] for key in KEYS], [frames, None, None])
            self.assertIsNone(row["duration_ms"])

    def test_the_table_says_the_same(self):
        scene, part = Picture.scene(3, 130, 100), Picture.scene(6, 40, 30)
        framed = Picture.plain(190, 170, (9, 9, 9)).with_part(scene, 25, 44)
        path = self.file("a.png", apng([(framed, 0, 0, KEEP, (1, 10)), (part, 5, 5, KEEP, (1, 10)),
                                        (part, 140, 120, KEEP, (1, 10))]))
        row, = self.rows(*ALL, path)
        self.assertEqual(len(row["pdq_frames"]), 2)
        done = self.run_hash("--format", "tsv", *ALL, path, self.file("b.png", png(1)))
        head, first, second = [line.split("\t") for line in done.text().splitlines()]
        self.assertEqual(head, [*FIELDS, "pdq_oriented", *KEYS])
        cells = dict(zip(head, first, strict=True))
        self.assertEqual(cells["duration_ms"], "300")
        self.assertEqual(cells["pdq_frames"],
                         ",".join(":".join(map(str, f.values())) for f in row["pdq_frames"]))
        self.assertEqual(cells["pdq_thumbnail"], "")
        self.assertEqual(cells["pdq_unbordered"],
                         ":".join(map(str, row["pdq_unbordered"].values())))
        self.assertEqual(len(second), len(head))

    def test_unasked_the_line_is_as_it_was(self):
        path = self.file("a.png", apng([(Picture.scene(n, 60, 50), 0, 0, KEEP, (1, 10))
                                        for n in range(9)]))
        plain, = self.rows(path)
        self.assertEqual(list(plain), FIELDS)
        more, = self.rows(*ALL, path)
        self.assertEqual({key: more[key] for key in FIELDS}, plain)

    def test_options_that_cannot_go_together_are_refused(self):
        for words in (["--fast", "--unbordered", "x"], ["--algorithms", "md5", "--frames", "x"],
                      ["--algorithms", "md5", "--thumbnail", "x"],
                      ["--algorithms", "md5", "--unbordered", "x"]):
            done = self.run_hash(*words)
            self.assertEqual((done.status, done.out), (2, b""), words)
            self.assertIn(b"see assay hash --help", done.err)


if __name__ == "__main__":
    main()
