// Prints the counts of Jest reports, all together, as one line, and fails when anything failed or was skipped.
import { readFileSync } from 'node:fs';

const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const sumOf = (count) => reports.reduce((sum, report) => sum + count(report), 0);

const passed = sumOf((report) => report.numPassedTests);
const skipped = sumOf((report) => report.numPendingTests + report.numTodoTests);
// A suite that could not even be loaded has no tests to count as failed.
const failed = sumOf((report) => Math.max(report.numFailedTests, report.numFailedTestSuites));
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
const isEmpty = reports.length === 0 || reports.some((report) => report.numPassedTests === 0);
process.exitCode = failed > 0 || skipped > 0 || isEmpty ? 1 : 0;
