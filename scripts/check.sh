#!/bin/sh
# What needs no engine and no root: seconds.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
node() { bin/tallyman-node "$@"; }
node node_modules/oxfmt/bin/oxfmt --check src test bench scripts
node node_modules/oxlint/bin/oxlint --type-aware --deny-warnings src test bench scripts
node node_modules/typescript/bin/tsc -p tsconfig.json
node scripts/docs.ts --check
bin/tallyman lint
bin/tallyman test
