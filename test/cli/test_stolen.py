"""A stolen disk: the folder without its key gives nothing of what came from outside (T7).

200 files carry markers in their names, bytes, notes and URLs; half is taken in while the server
runs. After the server stopped, and once after it was killed, no file of DATA holds any of them.
"""
import hashlib
import os
import unittest

from workspace import WorkspaceCase, main, png

FILES = 200
DATABASE = ("assay.db", "assay.db-wal", "assay.db-shm") # holds hashes, by design; nothing else may
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0\x10JFIF", b"\xff\xd8\xff\xdb\0\x43\0")


class Stolen(WorkspaceCase):
    def folder(self, name, numbers):
        folder = self.w.top / name
        folder.mkdir()
        rows = ["file,source,url,page_url,note"]
        for n in numbers:
            text = b"mark-comment-%04d-%s" % (n, os.urandom(8).hex().encode())
            content = png(n, text=text) + b"mark-behind-%04d-%s" % (n, os.urandom(8).hex().encode())
            (folder / f"mark-name-{n:04}-hill.png").write_bytes(content)
            rows.append(f"mark-name-{n:04}-hill.png,mark-source-{n:04},"
                        f"https://mark-url-{n:04}.example/,https://mark-page-{n:04}.example/,"
                        f"mark-note-{n:04}")
            self.media.append(content)
        side = self.w.top / (name + ".csv")
        side.write_text("\n".join(rows) + "\n")
        self.w.ok("import", "--batch", name, "--sender", "mark-sender", "--contact", "mark-contact",
                  "--sidecar", side, folder)

    def upload_half(self, server):
        """One part of a file is there when the machine is carried away; another is on its way."""
        ina = server.client("ina")
        batch = ina.good("GET", "/api/v1/batches")["batches"][0]["batch"]
        content = b"mark-upload-" * 20_000
        self.media.append(png(7) + content)
        upload = ina.good("POST", "/api/v1/uploads", {
            "batch": batch, "name": "mark-name-upload.png", "size": len(content),
            "url": "https://mark-url.example/", "note": "mark-note"})["upload"]
        ina.good("PUT", f"/api/v1/uploads/{upload}/bytes?offset=0", data=content[:100_000])

    def stolen(self):
        """Each file of the folder a thief has, and its bytes."""
        for path in sorted(self.w.data.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.w.data), path.read_bytes()

    def search(self):
        hashes = set()
        for content in self.media:
            for digest in (hashlib.sha256(content), hashlib.md5(content), hashlib.sha1(content)):
                hashes.update((digest.digest(), digest.hexdigest().encode(),
                               digest.hexdigest().upper().encode()))
        hashes.update(row[0] for row in self.pdqs)
        hashes.update(row[0].hex().encode() for row in self.pdqs)
        # 24 bytes from the middle of each file's pixels, and what pictures begin with.
        pieces = {content[200:224] for content in self.media}
        found = []
        for path, content in self.stolen():
            if b"mark-" in content.replace(b"mark-sender", b"").replace(b"mark-contact", b""):
                at = content.index(b"mark-")
                found.append((path, content[max(0, at - 40):at + 40]))
            found += [(path, magic) for magic in MAGIC if magic in content]
            found += [(path, "pixels") for piece in pieces if piece in content]
            if path.name not in DATABASE:
                found += [(path, "hash") for h in hashes if h in content]
        return found

    def test_nothing_of_200_marked_files_is_found_without_the_key(self):
        self.media = []
        self.folder("before", range(FILES // 2))
        self.w.person("amy", "assessor")
        self.w.person("ina", "intake")
        server = self.w.serve()
        self.folder("during", range(FILES // 2, FILES))
        amy = server.client("amy")
        amy.good("POST", "/api/v1/shift")
        for lease in amy.lease(count=4):
            names = amy.good("POST", f"/api/v1/leases/{lease['lease']}/names")
            self.assertIn("mark-name-", str(names))
            picture = amy("GET", "/api/v1/pictures/" + lease["pictures"][0]["ticket"])
            self.assertEqual(picture.status, 200)
            self.media.append(picture.body) # a cover is as secret
            amy.good("POST", "/api/v1/decisions", {"lease": lease["lease"], "code": "not-listed",
                     "tags": [], "note": "mark-reason"}, once="once-" + lease["lease"])
        self.pdqs = self.w.query("SELECT pdq FROM picture WHERE pdq IS NOT NULL")
        self.assertGreater(len(self.pdqs), FILES // 2)
        self.assertEqual(self.w.stats()["items"], FILES)
        self.upload_half(server)
        server.kill() # a machine that is carried away while it runs
        self.assertEqual(self.search(), [])
        server = self.w.serve()
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.search(), [])
        for text in (self.w.top / "log").read_bytes().splitlines():
            self.assertNotIn(b"mark-", text)
        self.assertEqual(self.w.ok("vault", "check", "--read-data").status, 0)


if __name__ == "__main__":
    main()
