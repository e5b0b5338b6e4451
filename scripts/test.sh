#!/bin/sh
# Everything that must hold: format, lint, types, the strategies' own lint and tests, and the test suite.
# As root on Debian it installs the packages that the tests with real engines need.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
sh scripts/test-packages.sh
sh scripts/check.sh
bin/tallyman-node node_modules/vitest/vitest.mjs run "$@"
