#!/bin/sh
# What needs no engine and no root: seconds.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
node() { bin/tallyman-node "$@"; }
node node_modules/oxfmt/bin/oxfmt --check src test bench scripts web/src web/vite.config.ts
node node_modules/oxlint/bin/oxlint --type-aware --deny-warnings src test bench scripts web/src
node node_modules/typescript/bin/tsc -p tsconfig.json
node node_modules/typescript/bin/tsc -p web
node scripts/docs.ts --check
bin/tallyman lint
bin/tallyman test
