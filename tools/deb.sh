#!/bin/bash
# Builds what is installed, for /usr, and makes packages of it: assay for servers, assay-verify for
# recipients, libassay0 and libassay-dev for who builds on the library, each
# build-deb/NAME_VERSION_ARCH.deb; VERSION is meson's unless given. The console must be built:
# ./dev deb does both.
# usage: tools/deb.sh [VERSION]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
folder=build-deb
root=$folder/root
libroot=$folder/root-lib
devroot=$folder/root-dev
verifyroot=$folder/root-verify
version=${1-$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)}
arch=$(dpkg --print-architecture)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH-$(git log -1 --format=%ct 2>/dev/null || date +%s)}

[ -f $folder/build.ninja ] ||
    meson setup $folder --prefix=/usr --libexecdir=libexec >/dev/null
# What is installed may be more than at the last time.
ninja -C $folder --quiet build.ninja >/dev/null
mapfile -t targets < <(meson introspect $folder --installed | python3 -c '
import json, os, sys
folder = os.path.realpath(sys.argv[1])
for path in json.load(sys.stdin):
    if path.startswith(folder + "/") and not path.startswith(folder + "/meson-private/"):
        print(os.path.relpath(path, folder))' $folder)
ninja -C $folder --quiet "${targets[@]}"

# What was installed as PATH goes into another package.
take() { # ROOT PATH...
    local to=$1 path
    shift
    for path; do
        mkdir -p "$to/$(dirname "$path")"
        mv "$root/$path" "$to/$path"
    done
}

# What a package's programs or libraries are linked with; dpkg-shlibdeps reads a debian/control.
needs() { # ROOT, whose executable files below /usr these are
    local found
    mkdir -p "$1/debian"
    printf 'Source: assay\n\nPackage: assay\nArchitecture: any\n' >"$1/debian/control"
    found=$(cd "$1" && find usr -type f -perm /100 -exec dpkg-shlibdeps -O {} + 2>/dev/null |
        sed -n 's/^shlibs:Depends=//p')
    rm -rf "$1/debian"
    [ -n "$found" ] || { echo "deb: dpkg-shlibdeps found no libraries" >&2; return 1; }
    echo "$found"
}

# Makes the package; the fields that not all have come on standard input.
pack() { # NAME ROOT
    install -D -m 0644 LICENSE "$2/usr/share/doc/$1/copyright"
    mkdir -p "$2/DEBIAN"
    cat - >"$2/DEBIAN/control" <<CONTROL
Package: $1
Version: $version
Architecture: $arch
Maintainer: the assay developers <assay@localhost>
Installed-Size: $(du -k -s --exclude=DEBIAN "$2" | cut -f1)
Priority: optional
CONTROL
    cat >>"$2/DEBIAN/control"
    chmod -R go-w "$2"
    dpkg-deb --root-owner-group --build "$2" "$folder/$1_${version}_$arch.deb" >/dev/null
    rm -rf "$2"
    echo "$folder/$1_${version}_$arch.deb"
}

rm -rf "$root" "$libroot" "$devroot" "$verifyroot"
DESTDIR=$PWD/$root meson install -C "$folder" --no-rebuild --quiet
libdir=$(cd "$root" && dirname usr/lib/*/libassay.so)
find "$root/usr/share/man" -name '*.[0-9]' -exec gzip -9n {} +
take "$libroot" "$libdir/libassay.so.0" "$libdir/$(readlink "$root/$libdir/libassay.so.0")"
take "$devroot" "$libdir/libassay.so" "$libdir/libassay.a" "$libdir/pkgconfig" usr/include \
    usr/share/man/man3
take "$verifyroot" usr/bin/assay-verify usr/share/man/man1/assay-verify.1.gz

strip --strip-unneeded "$libroot/$libdir"/libassay.so.*.*
mkdir -p "$libroot/DEBIAN"
echo "libassay 0 libassay0 (>= $version)" >"$libroot/DEBIAN/shlibs"
echo "activate-noawait ldconfig" >"$libroot/DEBIAN/triggers"
depends=$(needs "$libroot")
chmod 0644 "$libroot/$libdir"/libassay.so.*.*
pack libassay0 "$libroot" <<CONTROL
Depends: $depends
Multi-Arch: same
Section: libs
Description: digests and perceptual hashes as assay computes them
 MD5, SHA-1 and SHA-256 of bytes in one pass; PDQ of pictures whose rows arrive, equal to the
 reference core's bit for bit; and an index that finds all hashes within a distance of one.
CONTROL

strip --strip-debug "$devroot/$libdir/libassay.a"
install -D -m 0644 -t "$devroot/usr/share/doc/libassay-dev/examples" examples/*.c
install -D -m 0644 -t "$devroot/usr/share/doc/libassay-dev" doc/hashing.md
pack libassay-dev "$devroot" <<CONTROL
Depends: libassay0 (= $version), libssl-dev
Section: libdevel
Description: digests and perceptual hashes as assay computes them, to build with
 Headers, static library, assay.pc, libassay(3) and examples.
CONTROL

strip "$verifyroot/usr/bin/assay-verify"
depends=$(needs "$verifyroot")
pack assay-verify "$verifyroot" <<CONTROL
Depends: $depends
Section: misc
Description: check signed hash lists that assay wrote
 For recipients, who need nothing else of assay: names, sizes and hashes of a package's files, each
 row, the signature, and the proof that exactly this content was approved.
CONTROL

rmdir "$root/$libdir" "$root/usr/lib"
find "$root/usr/bin" "$root/usr/libexec/assay" -type f -exec strip {} +
depends=$(needs "$root")
install -D -m 0644 -t "$root/lib/systemd/system" packaging/systemd/*.service
install -D -m 0755 -t "$root/usr/sbin" packaging/deb/assay-admin
install -D -m 0640 -t "$root/etc/assay" packaging/deb/assay.env
install -D -m 0644 -t "$root/usr/share/assay" packaging/nginx.conf packaging/haproxy.cfg
install -D -m 0644 -t "$root/usr/share/assay/schemes" schemes/*
install -D -m 0644 -t "$root/usr/share/doc/assay" README.md NOTICE CHANGELOG.md doc/*.md
mkdir -p "$root/DEBIAN"
echo /etc/assay/assay.env >"$root/DEBIAN/conffiles"
install -m 0755 -t "$root/DEBIAN" packaging/deb/postinst packaging/deb/prerm packaging/deb/postrm
pack assay "$root" <<CONTROL
Depends: $depends, assay-verify (= $version), passwd, util-linux
Recommends: nginx-light | nginx | haproxy
Suggests: postgresql-15, minisign
Section: misc
Description: grade pictures under a legal scheme and release signed hash lists
 For people who protect children online: hotlines, police units, trust and safety teams. Files
 come in, assessors grade them behind a cover, others read a sample again, signed hash lists go
 out. Every view and decision stands on a tamper-evident record; media are sealed at rest.
CONTROL
