#!/bin/bash
# Runs inside of the machine that deb.sh boots, as root: both units as systemd starts them, with all
# that they forbid. Says "booted: good" at its end, or what went wrong.
set -uo pipefail
exec >/srv/booted.log 2>&1
trap poweroff EXIT

fail() {
    echo "FAILED: $*"
    journalctl -b -u assay -u assay-work@1 --no-pager | tail -30
    exit 1
}

answers() {
    for _ in $(seq 100); do
        [ "$(curl -sS --unix-socket /run/assay/http.sock http://localhost/readyz)" != ready ] ||
            return 0
        sleep 0.1
    done
    fail "the server does not answer"
}

waiting() {
    assay-admin stats --format json | sed -n 's/.*"waiting":\([0-9]*\).*/\1/p'
}

before=$(waiting)
systemctl start assay assay-work@1 || fail "start"
answers
assay-admin import --later /srv/pictures >/dev/null || fail "import"
for _ in $(seq 300); do
    [ "$(waiting)" = $((before + 10)) ] && break
    sleep 0.1
done
[ "$(waiting)" = $((before + 10)) ] || fail "$(waiting) wait, $before before, 10 came"
systemctl restart assay || fail "restart"
answers
kill -KILL "$(systemctl show assay -p MainPID --value)"
sleep 3
answers # systemd started it again
systemctl stop assay assay-work@1 || fail "stop"
for unit in assay assay-work@1; do
    [ "$(systemctl show $unit -p Result --value)" = success ] || fail "$unit did not end well"
done
assay-admin audit verify >/dev/null || fail "record"
journalctl -b -u assay --no-pager | sed -n 's/.*info server.started //p' | tail -1
echo "booted: good"
