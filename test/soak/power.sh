#!/bin/bash
# 20 simulated power cuts of import and grading, on an XFS in a file; figures: doc/reliability.md.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
if [ "$(id -u)" != 0 ] || ! command -v xfs_io mkfs.xfs >/dev/null ||
    ! grep -qw xfs /proc/filesystems; then
    echo "skipped: needs root, xfsprogs and a kernel with XFS and loop devices"
    exit 0
fi
# In a mount namespace of its own, so that nothing else holds the file system that is cut.
exec unshare --mount --propagation private python3 test/soak/power.py build/assay \
    build/test/media/make-media "${@:-20}"
