#!/bin/bash
# The index with ten and fifty million made-up hashes; figures go to doc/benchmarks.md. Needs 8 GB
# of memory, 3 GB of the build folder's disk and an hour.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../build"
bench/bench_index fast 10000000
bench/bench_index compact 10000000
exec bench/bench_index compact uniform 50000000
