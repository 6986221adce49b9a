#!/bin/bash
# Run the programs of bench/, keep the output in build/bench.txt; called by ./dev bench. NAME
set -uo pipefail

name=$1
found=0 failed=0

: >build/bench.txt
for program in build/bench/bench_* bench/bench_*.sh bench/bench_*.py; do
    if [ ! -f "$program" ] || [ ! -x "$program" ]; then
        continue
    fi
    [[ ${program##*/} == *"$name"* ]] || continue
    found=$((found + 1))
    printf '== %s\n' "${program##*/}" | tee -a build/bench.txt
    if ! "$program" 2>&1 | tee -a build/bench.txt; then
        printf 'FAILED  %s\n' "${program##*/}" | tee -a build/bench.txt
        failed=$((failed + 1))
    fi
done

if [ $found = 0 ]; then
    echo "bench: no program is named so" >&2
    exit 2
fi
[ $failed = 0 ]
