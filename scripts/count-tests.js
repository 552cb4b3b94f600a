// Prints the counts of a Jest report as one line, and fails when anything failed or was skipped.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const skipped = report.numPendingTests + report.numTodoTests;
// A suite that could not even be loaded has no tests to count as failed.
const failed = Math.max(report.numFailedTests, report.numFailedTestSuites);
console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || skipped > 0 || report.numPassedTests === 0 ? 1 : 0;
