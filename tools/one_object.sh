#!/bin/sh
# Makes a static library of one object in which hidden symbols are local: ARCHIVE OUTPUT COMPILER...
set -eu
archive=$1 output=$2
shift 2
object=${output%.a}.o
"$@" -r -nostdlib -o "$object" -Wl,--whole-archive "$archive" -Wl,--no-whole-archive
objcopy --localize-hidden "$object"
rm -f "$output"
ar rcsD "$output" "$object"
rm -f "$object"
