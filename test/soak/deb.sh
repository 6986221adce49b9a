#!/bin/bash
# The package in a bare Debian 12 made by debootstrap: install, start by the units' own command
# lines, upgrade, remove, purge, install again; the workspace stays through all. What the units
# forbid is compared with the system calls made; at the end the machine is booted and its systemd
# starts them. Needs root, the network, 1 GB and some minutes.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    echo "skipped: needs root and the package debootstrap"
    exit 77
fi
# Mounts made here are seen by nobody else and end with this process.
if [ "${1-}" != inside ]; then
    ./dev deb >/dev/null
    exec unshare --mount --pid --fork --propagation private --mount-proc \
        "$(readlink -f "$0")" inside
fi

new=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
old="$new~before"
arch=$(dpkg --print-architecture)
bare=$(mktemp -d "${TMPDIR:-/tmp}/assay-deb-XXXXXX")
chmod 755 "$bare"
away() {
    umount -R -l "$bare/dev" "$bare/proc" 2>/dev/null || true
    rm -rf --one-file-system "$bare"
}
trap away EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

seconds() { # NAME COMMAND...
    local name=$1 before=$SECONDS
    shift
    "$@" >"$bare.log" 2>&1 || { tail -30 "$bare.log"; fail "$name"; }
    printf '%-32s %4d s\n' "$name" $((SECONDS - before))
    rm -f "$bare.log"
}

inside() { # COMMAND...
    chroot "$bare" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

# The command line of a unit as systemd would start it, in the background; its id in $pid.
start() { # UNIT [TRACE]
    local line
    line=$(sed -n 's/^ExecStart=//p' "$bare/lib/systemd/system/$1")
    mkdir -p "$bare/run/assay"
    chroot "$bare" chown assay:assay /run/assay
    ${2:+strace -D -f -qq -o "$2"} chroot "$bare" sh -c "umask 077; set -a; . /etc/assay/assay.env
        exec setpriv --reuid=assay --regid=assay --init-groups --no-new-privs --bounding-set=-all \
            $line" </dev/null >"$bare/tmp/$1.out" 2>&1 &
    pid=$!
}

ask() { # PATH
    curl -sS --max-time 10 --unix-socket "$bare/run/assay/http.sock" "http://localhost$1"
}

answers() {
    for _ in $(seq 100); do
        [ "$(ask /readyz 2>/dev/null)" != ready ] || return 0
        sleep 0.1
    done
    cat "$bare"/tmp/assay*.out
    fail "the server does not answer"
}

stop() {
    local status=0
    kill -TERM "$pid"
    wait "$pid" || status=$?
    [ $status = 0 ] || fail "it ended with $status"
}

counts() {
    inside assay-admin stats --format json
}

install_package() { # VERSION
    cp "build-deb/assay_$1_$arch.deb" "$bare/tmp/assay.deb"
    cp "build-deb/assay-verify_$1_$arch.deb" "$bare/tmp/assay-verify.deb"
    inside apt-get install -y --no-install-recommends --allow-downgrades \
        -o Dpkg::Options::=--force-confold /tmp/assay.deb /tmp/assay-verify.deb
}

mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 == "bookworm" || $2 == "stable" { print $1; exit }')
seconds "bare Debian 12" debootstrap --variant=minbase \
    --include=ca-certificates,curl,dbus,systemd-sysv bookworm "$bare" "$mirror"
mount -t proc proc "$bare/proc"
mount --rbind /dev "$bare/dev"
cp /etc/resolv.conf /etc/hosts "$bare/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$bare/etc/ssl/certs/ca-certificates.crt"
tools/deb.sh "$old" >/dev/null

seconds "install" install_package "$old"
inside test -f /etc/assay/assay.env || fail "no settings"
echo "# edited by an administrator" >>"$bare/etc/assay/assay.env"
seconds "init" inside assay-admin init --training --label "Package"
inside assay-admin user add kim --role admin >/dev/null
build/test/media/make-media "$bare/tmp/pictures" 20 >/dev/null
chmod -R go+rX "$bare/tmp/pictures"
seconds "import 20 pictures" inside assay-admin import --later /tmp/pictures

start assay.service "$bare/tmp/calls"
server=$pid
answers
start 'assay-work@.service'
for _ in $(seq 300); do
    [[ $(counts) == *'"waiting":20'* ]] && break
    sleep 0.1
done
[[ $(counts) == *'"waiting":20'* ]] || { cat "$bare"/tmp/assay*.out; fail "$(counts)"; }
stop
pid=$server
stop
echo "server and worker started, 20 pictures identified, both ended with 0"
if command -v systemd-analyze >/dev/null; then
    forbidden=$(python3 test/soak/unit_calls.py packaging/systemd/assay.service "$bare/tmp/calls")
    [ -z "$forbidden" ] || fail "the unit forbids what the program does: $forbidden"
    echo "each system call of server and decoder is one that the unit allows"
fi

before=$(counts)
seconds "upgrade" install_package "$new"
[ "$(inside assay --version)" = "assay $new" ] || fail "not upgraded"
grep -q "edited by an administrator" "$bare/etc/assay/assay.env" || fail "settings lost"
[ "$(counts)" = "$before" ] || fail "before: $before; after: $(counts)"
inside assay-admin audit verify >/dev/null
inside assay-admin vault check --read-data >/dev/null
start assay.service
answers
ask /metrics | grep -q '^assay_items 20$' || fail "metrics"
stop
echo "upgraded: settings, record and vault as before; the server answers"

seconds "remove" inside apt-get remove -y assay
[ ! -e "$bare/usr/bin/assay" ] || fail "the program stayed"
seconds "purge" inside apt-get purge -y assay
[ ! -e "$bare/etc/assay/assay.env" ] || fail "the settings stayed"
[ -f "$bare/var/lib/assay/keys/keyring" ] || fail "the workspace went"
[ -f "$bare/var/lib/assay-keys/site.key" ] || fail "the key went"
seconds "install again" install_package "$new"
inside assay-admin audit verify >/dev/null
[ "$(inside assay-admin stats --format json | tr ',' '\n' | grep -c '"items":20')" = 1 ] ||
    fail "the workspace is another"
echo "removed, purged and installed again: workspace and key stayed, the record verifies"
rm -f build-deb/*"_${old}_$arch.deb"

if command -v systemd-nspawn >/dev/null; then
    umount -R -l "$bare/dev" "$bare/proc"
    build/test/media/make-media "$bare/srv/pictures" 30 >/dev/null # 20 of them are known by now
    chmod -R go+rX "$bare/srv/pictures"
    cp test/soak/inside/booted.sh "$bare/srv/"
    cat >"$bare/etc/systemd/system/booted.service" <<'UNIT'
[Unit]
After=basic.target dbus.service
[Service]
Type=oneshot
ExecStart=/srv/booted.sh
[Install]
WantedBy=multi-user.target
UNIT
    inside systemctl enable booted.service 2>/dev/null
    timeout 180 systemd-nspawn --quiet --directory "$bare" --boot --register=no --keep-unit \
        --system-call-filter=@memlock </dev/null >"$bare/boot.log" 2>&1 || true
    cat "$bare/srv/booted.log" || { tail -20 "$bare/boot.log"; fail "it did not boot"; }
    grep -qx "booted: good" "$bare/srv/booted.log" || fail "booted"
else
    echo "not booted: systemd-nspawn is missing (package systemd-container)"
fi
