#!/bin/bash
# Builds what is installed, for /usr, and makes build-deb/assay_VERSION_ARCH.deb of it; VERSION is
# meson's unless given. The console must be built: ./dev deb does both.
# usage: tools/deb.sh [VERSION]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
folder=build-deb
root=$folder/root
version=${1-$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)}
arch=$(dpkg --print-architecture)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH-$(git log -1 --format=%ct 2>/dev/null || date +%s)}

[ -f $folder/build.ninja ] ||
    meson setup $folder --prefix=/usr --libexecdir=libexec >/dev/null
mapfile -t targets < <(meson introspect $folder --installed | python3 -c '
import json, os, sys
folder = os.path.realpath(sys.argv[1])
for path in json.load(sys.stdin):
    if path.startswith(folder + "/"):
        print(os.path.relpath(path, folder))' $folder)
ninja -C $folder --quiet "${targets[@]}"

rm -rf "$root"
DESTDIR=$PWD/$root meson install -C "$folder" --no-rebuild --quiet
find "$root" -name '*.a' -delete
find "$root/usr/bin" "$root/usr/libexec/assay" -type f -exec strip {} +
install -D -m 0644 -t "$root/lib/systemd/system" packaging/systemd/*.service
install -D -m 0755 -t "$root/usr/sbin" packaging/deb/assay-admin
install -D -m 0640 -t "$root/etc/assay" packaging/deb/assay.env
install -D -m 0644 -t "$root/usr/share/assay" packaging/nginx.conf packaging/haproxy.cfg
install -D -m 0644 -t "$root/usr/share/assay/schemes" schemes/*
install -D -m 0644 -t "$root/usr/share/doc/assay" README.md NOTICE CHANGELOG.md doc/*.md
install -D -m 0644 LICENSE "$root/usr/share/doc/assay/copyright"
find "$root/usr/share/man" -name '*.1' -exec gzip -9n {} +

# What the programs are linked with; dpkg-shlibdeps reads a debian/control.
mkdir -p "$root/debian" "$root/DEBIAN"
printf 'Source: assay\n\nPackage: assay\nArchitecture: any\n' >"$root/debian/control"
needs=$(cd "$root" && dpkg-shlibdeps -O usr/bin/assay usr/libexec/assay/* 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
rm -rf "$root/debian"
[ -n "$needs" ] || { echo "deb: dpkg-shlibdeps found no libraries" >&2; exit 1; }
cat >"$root/DEBIAN/control" <<CONTROL
Package: assay
Version: $version
Architecture: $arch
Maintainer: the assay developers <assay@localhost>
Installed-Size: $(du -k -s --exclude=DEBIAN "$root" | cut -f1)
Depends: $needs, passwd, util-linux
Recommends: nginx-light | nginx | haproxy
Suggests: postgresql-15, minisign
Section: misc
Priority: optional
Description: grade pictures under a legal scheme and release signed hash lists
 For people who protect children online: hotlines, police units, trust and safety teams. Files
 come in, assessors grade them behind a cover, others read a sample again, signed hash lists go
 out. Every view and decision stands on a tamper-evident record; media are sealed at rest.
CONTROL
echo /etc/assay/assay.env >"$root/DEBIAN/conffiles"
install -m 0755 -t "$root/DEBIAN" packaging/deb/postinst packaging/deb/prerm packaging/deb/postrm
chmod -R go-w "$root"
dpkg-deb --root-owner-group --build "$root" "$folder/assay_${version}_$arch.deb" >/dev/null
rm -rf "$root"
echo "$folder/assay_${version}_$arch.deb"
