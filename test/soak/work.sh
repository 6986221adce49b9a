#!/bin/bash
# kill -9 of two `assay work` beside a server, on PostgreSQL and on SQLite, and of import and server
# on PostgreSQL; figures go to doc/reliability.md.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
programs=(build/assay build/test/media/make-media)
python3 test/soak/work.py "${programs[@]}" 50
test/with_postgres.sh python3 test/soak/work.py "${programs[@]}" 50
test/with_postgres.sh python3 test/soak/kill.py "${programs[@]}" 50 50
