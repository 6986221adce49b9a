#!/bin/bash
# kill -9 at 200 random moments of import and grading; figures go to doc/reliability.md.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
exec python3 test/soak/kill.py build/assay build/test/media/make-media 100 100 "$@"
