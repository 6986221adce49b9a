#!/bin/bash
# The index with ten and fifty million made-up hashes; figures go to doc/benchmarks.md. Needs 14 GB
# of memory, 6 GB of the build folder's disk and half an hour.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../build"
bench/bench_index 10000000
exec bench/bench_index uniform pdqlike 50000000
