// Verifies a record with Go's own transparency log library: usage tlogv VKEY AUDIT_FOLDER
// [EARLIER_CHECKPOINT...]. Build: GO111MODULE=off GOPATH=/usr/share/gocode go build tlogv.go
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func fail(format string, args ...interface{}) {
	fmt.Printf("wrong: "+format+"\n", args...)
	os.Exit(1)
}

// open gives the tree that a checkpoint file is signed for.
func open(path string, key note.Verifier) tlog.Tree {
	bytes, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	n, err := note.Open(bytes, note.VerifierList(key))
	if err != nil {
		fail("%s: %v", path, err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != key.Name() {
		fail("%s: not a checkpoint of %s", path, key.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("%s: %v", path, err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("%s: %v", path, err)
	}
	return tlog.Tree{N: size, Hash: root}
}

// tiles reads tiles as files; the library checks each against the signed root before use.
type tiles struct{ folder string }

func (t tiles) Height() int                     { return height }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range want {
		bytes, err := read(t.folder, tile)
		if err != nil {
			return nil, err
		}
		if len(bytes) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is cut short", tile.Path())
		}
		out = append(out, bytes[:tile.W*tlog.HashSize])
	}
	return out, nil
}

// read gives a tile's or bundle's file, the full one where the partial one is gone. The library
// puts the height into the path, the layout does not, and calls bundles data.
func read(folder string, tile tlog.Tile) ([]byte, error) {
	name := func(t tlog.Tile) string {
		path := strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		return filepath.Join(folder, strings.Replace(path, "tile/data/", "tile/entries/", 1))
	}
	bytes, err := os.ReadFile(name(tile))
	if os.IsNotExist(err) && tile.W < 1<<height {
		full := tile
		full.W = 1 << height
		return os.ReadFile(name(full))
	}
	return bytes, err
}

func checkEntries(folder string, tree tlog.Tree, hashes tlog.HashReader) {
	for first := int64(0); first < tree.N; first += 1 << height {
		width := tree.N - first
		if width > 1<<height {
			width = 1 << height
		}
		bundle, err := read(folder, tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)})
		if err != nil {
			fail("%v", err)
		}
		for i := first; i < first+width; i++ {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				fail("entry %d is cut short", i)
			}
			size := int(binary.BigEndian.Uint16(bundle))
			signed, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
			if err != nil {
				fail("entry %d: %v", i, err)
			}
			if tlog.RecordHash(bundle[2:2+size]) != signed[0] {
				fail("entry %d is not the one that was signed", i)
			}
			bundle = bundle[2+size:]
		}
	}
}

func main() {
	if len(os.Args) < 3 {
		fmt.Println("usage: tlogv VKEY AUDIT_FOLDER [EARLIER_CHECKPOINT...]")
		os.Exit(2)
	}
	key, err := note.NewVerifier(os.Args[1])
	if err != nil {
		fail("%v", err)
	}
	folder := os.Args[2]
	tree := open(filepath.Join(folder, "checkpoint"), key)
	hashes := tlog.TileHashReader(tree, tiles{folder})
	checkEntries(folder, tree, hashes)
	for _, path := range os.Args[3:] {
		old := open(path, key)
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		if err != nil {
			fail("%s: %v", path, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			fail("%s: rewritten since: %v", path, err)
		}
	}
	fmt.Printf("right: %d entries\n", tree.N)
}
