// Prints the counts of Jest reports, all together, as one line, and fails when anything failed or was skipped.
// --unavailable N adds N checks that were left out because this machine cannot run them: skipped, and no failure.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { unavailable: { type: 'string', default: '0' } },
});

const reports = positionals.map((file) => JSON.parse(readFileSync(file, 'utf8')));
const sumOf = (count) => reports.reduce((sum, report) => sum + count(report), 0);

const passed = sumOf((report) => report.numPassedTests);
const skipped = sumOf((report) => report.numPendingTests + report.numTodoTests);
// A suite that could not even be loaded has no tests to count as failed.
const failed = sumOf((report) => Math.max(report.numFailedTests, report.numFailedTestSuites));
console.log(`${passed} passed, ${failed} failed, ${skipped + Number(values.unavailable)} skipped`);
const isEmpty = reports.length === 0 || reports.some((report) => report.numPassedTests === 0);
process.exitCode = failed > 0 || skipped > 0 || isEmpty ? 1 : 0;
