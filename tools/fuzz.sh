#!/bin/bash
# Run libFuzzer targets of build-fuzz for some seconds each; called by ./dev fuzz. TARGET SECONDS
set -uo pipefail

target=$1 seconds=$2
found=0 failed=0

[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: SECONDS is a number, not $seconds" >&2; exit 2; }

for program in build-fuzz/fuzz/fuzz_*; do
    if [ ! -f "$program" ] || [ ! -x "$program" ]; then
        continue
    fi
    name=${program##*/fuzz_}
    [ "$target" = all ] || [ "$target" = "$name" ] || continue
    found=$((found + 1))
    # What is found goes to the first folder: new inputs never land in the tree by themselves.
    mkdir -p "build-fuzz/corpus/$name" "build-fuzz/found/$name"
    folders=("build-fuzz/corpus/$name")
    [ ! -d "fuzz/corpus/$name" ] || folders+=("fuzz/corpus/$name")
    log=build-fuzz/fuzz_$name.log
    if LSAN_OPTIONS=suppressions=test/lsan.supp:print_suppressions=0 \
        "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/found/$name/" "${folders[@]}" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        printf 'ok      %s: %s runs\n' "$name" "${runs:-?}"
    else
        tail -40 "$log"
        printf 'FAILED  %s: see build-fuzz/found/%s\n' "$name" "$name"
        failed=$((failed + 1))
    fi
done

if [ $found = 0 ]; then
    echo "fuzz: no target is named $target" >&2
    exit 2
fi
printf '%d targets, %d failed\n' $found $failed
[ $failed = 0 ]
