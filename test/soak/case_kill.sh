#!/bin/bash
# kill -9 at 200 random moments of the import of cases, 100 of their answers; figures go to
# doc/reliability.md.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
exec python3 test/soak/case_kill.py build/assay build/test/media/make-media 200 100 "$@"
