#!/usr/bin/env bash
# libsql 0.5.29 (npm): a write that is answered SQLITE_BUSY stays open until it is garbage-collected.
#
# Expected: as SQLite documents for sqlite3_step and sqlite3_reset, and as better-sqlite3, whose API libsql promises,
# behaves: a statement that failed is reset, so that the connection's next write outside a transaction is committed when
# the call returns.
#
# Seen: the next write returns without an error, is not committed, and keeps the file's write lock: another connection
# does not see it and gets SQLITE_BUSY, until the first statement's object happens to be collected. A process that ends
# before that loses a write that was reported done.
#
# Exit status: 0 as seen, 1 when this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund libsql@0.5.29
cat > busy.js <<'JS'
const Database = require('libsql');

const [mine, other] = [new Database('a.db'), new Database('a.db')];
for (const connection of [mine, other]) connection.pragma('busy_timeout = 5');
mine.exec('PRAGMA journal_mode = WAL');
mine.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)');
mine.exec('INSERT INTO t VALUES (1, 0), (2, 0)');

const attempt = (work) => {
  try {
    return work();
  } catch (error) {
    return error.code;
  }
};

other.exec('BEGIN IMMEDIATE');
const stays = mine.prepare('UPDATE t SET v = 1 WHERE id = 1');
const whileLocked = attempt(() => stays.run() && 'done');
other.exec('COMMIT');

const next = attempt(() => mine.prepare('UPDATE t SET v = 7 WHERE id = 1').run() && 'done');
const seen = other.prepare('SELECT v FROM t WHERE id = 1').get().v;
const write = attempt(() => other.prepare('UPDATE t SET v = 8 WHERE id = 2').run() && 'done');

console.log('write while the file is locked:', whileLocked);
console.log('the same connection\'s next write:', next);
console.log('what another connection reads then:', seen, '(expected: 7)');
console.log('another connection\'s write then:', write, '(expected: done)');
const asSeen = whileLocked === 'SQLITE_BUSY' && next === 'done' && seen === 0 && write === 'SQLITE_BUSY';
console.log(asSeen ? 'as seen with libsql 0.5.29' : 'this has changed');
process.exitCode = asSeen ? 0 : 1;
JS
node busy.js
