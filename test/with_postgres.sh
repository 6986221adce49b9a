#!/bin/sh
# Run a command with a throw-away PostgreSQL on a UNIX socket, its URL in ASSAY_TEST_URL. The
# server is stopped and its files are removed whatever happens. Usage: with_postgres.sh CMD ARG...
# Without Debian's postgresql-15 it says so in TAP, as a test that is skipped.
set -eu
bin=${ASSAY_PG_BIN:-/usr/lib/postgresql/15/bin}
if [ ! -x "$bin/initdb" ]; then
    echo "1..0 # SKIP no PostgreSQL at $bin (package postgresql-15)"
    exit 0
fi

# In memory where half a gigabyte of it is free: nobody asks these files to survive a power cut.
if [ -z "${TMPDIR-}" ] && [ -w /dev/shm ] &&
    [ "$(df -k --output=avail /dev/shm | tail -1)" -gt 524288 ]; then
    TMPDIR=/dev/shm
fi
dir=$(mktemp -d "${TMPDIR:-/tmp}/assay-pg-XXXXXX")
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    chown postgres "$dir"
    as() { runuser -u postgres -- "$@"; }
else
    as() { "$@"; }
fi
stop() {
    trap - EXIT
    as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'stop; exit 130' INT TERM HUP
cd "$dir"

# fsync stays on: assay refuses a server without it.
as "$bin/initdb" -D "$dir/data" -A trust -U assay --data-checksums -E UTF8 --locale=C.UTF-8 \
    >"$dir/initdb.out" 2>&1 || { cat "$dir/initdb.out" >&2; exit 1; }
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 60
shared_buffers = 16MB
CONF
as "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w start >"$dir/start.out" 2>&1 || {
    cat "$dir/start.out" "$dir/data/log" >&2
    exit 1
}
cd "$OLDPWD"

ASSAY_TEST_DB=postgres
ASSAY_TEST_URL="postgres:///postgres?host=$dir&user=assay"
ASSAY_TEST_PGDATA=$dir/data # for tests that stop or change the server
export ASSAY_TEST_DB ASSAY_TEST_URL ASSAY_TEST_PGDATA
status=0
"$@" || status=$?
exit "$status"
