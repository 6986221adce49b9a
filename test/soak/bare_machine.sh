#!/bin/bash
# A bare Debian 12, made by debootstrap, with nothing but its base: ./dev build as somebody without
# root says the one install line; as root ./dev build and ./dev test of HEAD pass. Needs root, the
# network, 5 GB and ten minutes. Mirror, npm registry and certificates are those of this machine.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    echo "skipped: needs root and the package debootstrap"
    exit 77
fi
# Mounts made here are seen by nobody else and end with this process.
if [ "${1-}" != inside ]; then
    exec unshare --mount --pid --fork --propagation private "$(readlink -f "$0")" inside
fi

bare=$(mktemp -d "${TMPDIR:-/tmp}/assay-bare-XXXXXX")
chmod 755 "$bare"
away() {
    umount -R -l "$bare/dev" "$bare/proc" 2>/dev/null || true
    rm -rf --one-file-system "$bare"
}
trap away EXIT

mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 == "bookworm" || $2 == "stable" { print $1; exit }')
registry=$(npm config get registry 2>/dev/null || true)

inside() { # USER COMMAND
    chroot "$bare" su "$1" -s /bin/bash -c "
        export npm_config_registry=$registry npm_config_cafile=/etc/bare-ca.crt
        export NODE_EXTRA_CA_CERTS=/etc/bare-ca.crt
        cd /srv/assay && $2" </dev/null
}

seconds() { # NAME COMMAND...
    local name=$1 before=$SECONDS
    shift
    "$@"
    printf '%-32s %4d s\n' "$name" $((SECONDS - before))
}

debootstrap --variant=minbase bookworm "$bare" "$mirror" >"$bare.log" 2>&1 ||
    { tail -5 "$bare.log"; exit 1; }
rm -f "$bare.log"
mount -t proc proc "$bare/proc"
mount --rbind /dev "$bare/dev"
cp /etc/resolv.conf /etc/hosts "$bare/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$bare/etc/bare-ca.crt"
mkdir "$bare/srv/assay"
git archive HEAD | tar -x -C "$bare/srv/assay"

status=0
said=$(inside nobody "./dev build" 2>&1) || status=$?
if [ $status != 3 ] || [[ $said != *"sudo apt-get install -y"* ]]; then
    printf 'FAILED: without root it ended with %s and said:\n%s\n' "$status" "$said"
    exit 1
fi
echo "without root: the one install line, status 3"
seconds "set-up and build" inside root "./dev build"
seconds "build again" inside root "./dev build"
seconds "set-up and all tests" inside root "./dev test"
