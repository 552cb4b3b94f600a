#!/usr/bin/env bash
# Runs the README's first command on another major version of Node.js, in a copy of the checkout of its own:
#   .ci/other-node.sh 24
# The version comes from the npm registry's package `node`. Ends with 75 where it cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
major=$1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if ! npm install --prefix "$folder/node" --no-save --no-audit --no-fund "node@$major" >"$folder/npm.log" 2>&1; then
  cat "$folder/npm.log"
  exit 75
fi
export PATH="$folder/node/node_modules/node/bin:$PATH"
version=$(node --version)
case "$version" in "v$major".*) ;; *) echo "asked for Node.js $major, got $version"; exit 1 ;; esac

echo "Node.js $version"
git clone --quiet . "$folder/checkout"
cd "$folder/checkout"
npm ci --no-audit --no-fund 2>&1 | tee "$folder/ci.log"
if grep -q EBADENGINE "$folder/ci.log"; then
  echo 'npm ci warns of packages that do not name this version'
  exit 1
fi
npm start -- --seed 4
