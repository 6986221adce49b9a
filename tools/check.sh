#!/bin/bash
# Every check that is no test of what the program does; called by ./dev check. CORES SCOPE
set -uo pipefail

cores=$1 scope=$2
failed=()

step() { # NAME COMMAND...
    local name=$1 log status=0
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    if [ $status = 0 ]; then
        printf 'ok      %s\n' "$name"
    else
        cat "$log"
        printf 'FAILED  %s\n' "$name"
        failed+=("$name")
    fi
    rm -f "$log"
}

# Meson with warnings as errors; the options make another folder than that of the tests, so
# that a check never spoils what is being worked on.
compiles() { # COMPILER
    local folder=build-check-$1
    if [ ! -f "$folder/build.ninja" ]; then
        CC=$1 meson setup "$folder" -Dwerror=true || return 1
    fi
    ninja -C "$folder" -j "$cores" --quiet
}

# C files that differ from main, from the last commit when on main, or are not committed.
changed_files() {
    local base
    base=$(git merge-base HEAD main 2>/dev/null || true)
    if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
        base=$(git rev-parse -q --verify HEAD~1 || git rev-parse HEAD)
    fi
    { git diff --name-only --diff-filter=d "$base" -- '*.c'
      git ls-files --others --exclude-standard -- '*.c'; } | sort -u
}

clang_tidy() {
    local files
    if [ "$scope" = all ]; then
        mapfile -t files < <(git ls-files -- '*.c')
    else
        mapfile -t files < <(changed_files)
    fi
    # Only what is compiled by every build: the fuzz and replay programs of others have no commands.
    mapfile -t files < <(printf '%s\n' "${files[@]}" | while read -r file; do
        grep -qF "/$file\"" build-check-clang-14/compile_commands.json && printf '%s\n' "$file"
    done)
    [ ${#files[@]} -gt 0 ] || return 0
    printf '%s\n' "${files[@]}" |
        xargs -P "$cores" -n 4 clang-tidy-14 -p build-check-clang-14 --quiet
}

redocly() {
    console/node_modules/.bin/redocly lint api/openapi.yaml
}

npm_script() { # SCRIPT
    (cd console && npm run --silent --if-present "$1")
}

shell_scripts() {
    git ls-files --cached --others --exclude-standard -- dev .ci/run '*.sh' |
        xargs shellcheck -x -S warning
}

manuals() {
    local source page
    mkdir -p build-check-man
    for source in man/*.scd; do
        [ -e "$source" ] || return 0
        page=build-check-man/$(basename "$source" .scd)
        scdoc <"$source" >"$page" || return 1
        mandoc -T lint -W error "$page" || return 1
    done
}

step "gcc, warnings as errors" compiles gcc
step "clang, warnings as errors" compiles clang-14
step "style: layers, tidy, format, headers" \
    meson test -C build-check-gcc --no-rebuild --print-errorlogs --suite style
step "clang-tidy ($scope)" clang_tidy
step "manual pages" manuals
step "shell scripts" shell_scripts
[ ! -f api/openapi.yaml ] || [ ! -e console/node_modules/.bin/redocly ] ||
    step "api/openapi.yaml" redocly
if [ -f console/package.json ]; then
    step "console: types and lint" npm_script check
fi

if [ ${#failed[@]} -gt 0 ]; then
    printf '%d checks failed\n' ${#failed[@]}
    exit 1
fi
echo "all checks are good"
