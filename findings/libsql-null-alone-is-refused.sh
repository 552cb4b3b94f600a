#!/usr/bin/env bash
# libsql 0.5.29 (npm): null as a statement's only parameter is refused.
#
# Expected: as in better-sqlite3, whose API libsql promises: `run(null)` and `get(null)` bind SQL's NULL to the first
# parameter, as `run([null])` and `run(null, 1)` do.
#
# Seen: `run(null)` and `get(null)` throw "failed to downcast any to object": a lone null is taken for an object of named
# parameters. The same null in an array, or beside another parameter, is bound. A statement with one parameter that may be
# null fails only with the data that has it.
#
# Exit status: 0 as seen, 1 when this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund libsql@0.5.29
cat > null.js <<'JS'
const Database = require('libsql');

const database = new Database(':memory:');
const attempt = (work) => {
  try {
    const { answer, one } = work();
    return JSON.stringify({ answer, one });
  } catch (error) {
    return `error: ${error.message}`;
  }
};
const lines = [
  `get([null])    ${attempt(() => database.prepare('SELECT ? IS NULL AS answer').get([null]))}`,
  `get(null, 1)   ${attempt(() => database.prepare('SELECT ? IS NULL AS answer, ? AS one').get(null, 1))}`,
  `get(null)      ${attempt(() => database.prepare('SELECT ? IS NULL AS answer').get(null))}`,
];
console.log(lines.join('\n'));
const isAsSeen =
  lines[0].endsWith('{"answer":1}') &&
  lines[1].endsWith('{"answer":1,"one":1}') &&
  lines[2].endsWith('error: failed to downcast any to object');
process.exit(isAsSeen ? 0 : 1);
JS
node null.js
