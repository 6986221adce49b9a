#!/bin/bash
# Run the programs of bench/, keep the output in build/bench.txt; called by ./dev bench. NAME
set -uo pipefail

name=$1
found=0 failed=0
build=$PWD/build
output=$build/bench.txt
export TMPDIR=$build # the disk that is measured is the build folder's, not a /tmp in memory

# Only where Faiss is installed (libfaiss-dev) is there such a program.
ninja -C "$build" bench/bench_index_faiss >/dev/null 2>&1 || true

: >"$output"
for program in "$build"/bench/bench_* "$PWD"/bench/bench_*.sh "$PWD"/bench/bench_*.py; do
    if [ ! -f "$program" ] || [ ! -x "$program" ]; then
        continue
    fi
    [[ ${program##*/} == *"$name"* ]] || continue
    found=$((found + 1))
    printf '== %s\nload before: %s on %s cores\n' "${program##*/}" \
        "$(cut -d' ' -f1 /proc/loadavg)" "$(nproc)" | tee -a "$output"
    if ! (cd "$build" && "$program" 2>&1) | tee -a "$output"; then
        printf 'FAILED  %s\n' "${program##*/}" | tee -a "$output"
        failed=$((failed + 1))
    fi
done

if [ $found = 0 ]; then
    echo "bench: no program is named so" >&2
    exit 2
fi
[ $failed = 0 ]
