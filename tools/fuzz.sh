#!/bin/bash
# Run libFuzzer targets of build-fuzz for some seconds each, as many at once as there are cores;
# called by ./dev fuzz. TARGET SECONDS
set -uo pipefail

target=$1 seconds=$2
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { echo "fuzz: SECONDS is a number, not $seconds" >&2; exit 2; }

# One target; 1 when it found something.
# shellcheck disable=SC2317 # xargs calls it
run() { # NAME SECONDS
    local name=$1 log=build-fuzz/fuzz_$1.log runs folders
    # What is found goes to the first folder: new inputs never land in the tree by themselves.
    mkdir -p "build-fuzz/corpus/$name" "build-fuzz/found/$name"
    folders=("build-fuzz/corpus/$name")
    [ ! -d "fuzz/corpus/$name" ] || folders+=("fuzz/corpus/$name")
    # Memory is filled when it is given, as assay-decode-heif has it: damaged pictures show it.
    if LSAN_OPTIONS=suppressions=test/lsan.supp:print_suppressions=0 \
        ASAN_OPTIONS=max_malloc_fill_size=4194304 \
        "build-fuzz/fuzz/fuzz_$name" -max_total_time="$2" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="build-fuzz/found/$name/" "${folders[@]}" \
        >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        printf 'ok      %s: %s runs\n' "$name" "${runs:-?}"
    else
        printf '%s\nFAILED  %s: see build-fuzz/found/%s\n' "$(tail -40 "$log")" "$name" "$name"
        return 1
    fi
}
export -f run

names=()
for program in build-fuzz/fuzz/fuzz_*; do
    name=${program##*/fuzz_}
    [ "$target" = all ] || [ "$target" = "$name" ] || continue
    if [ -f "$program" ] && [ -x "$program" ]; then
        names+=("$name")
    fi
done
if [ ${#names[@]} = 0 ]; then
    echo "fuzz: no target is named $target" >&2
    exit 2
fi
status=0
# shellcheck disable=SC2016
printf '%s\n' "${names[@]}" |
    xargs -P "$(nproc)" -I NAME bash -c 'run "$1" "$2" || exit 1' run NAME "$seconds" || status=1
said=good
[ $status = 0 ] || said="some failed, see above"
printf '%d targets: %s\n' ${#names[@]} "$said"
exit $status
