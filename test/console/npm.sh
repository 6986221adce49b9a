#!/bin/sh
# Run one of the console's npm scripts as a test; skipped where its packages are not fetched.
cd "$(dirname "$0")/../../console" 2>/dev/null || { echo "skipped: no console"; exit 77; }
[ -d node_modules ] || { echo "skipped: no npm packages (./dev build fetches them)"; exit 77; }
exec npm run --silent "$1"
