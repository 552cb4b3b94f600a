import { describe } from '@jest/globals';
import { findProgram, SERVERS, type ProgramName, type ServerName } from './global-setup.js';

export { findProgram, SERVERS, type ServerName };

/** Which servers answered when the test run began; decided once, by `global-setup.ts`. */
export function isReachable(server: ServerName): boolean {
  return (process.env.BBB_TEST_REACHABLE ?? '').split(',').includes(server);
}

/** Whether this machine can run such a server for a test alone, or such a program. */
export function canStart(program: ProgramName): boolean {
  return (process.env.BBB_TEST_STARTABLE ?? '').split(',').includes(program);
}

/**
 * `describe` for tests that are not possible everywhere. Where they are not, they are skipped and counted as such: Jest
 * takes a file without a test, and a table without a row, for a mistake. The body is run to find the tests, its hooks
 * are not.
 */
export function describeWhere(isPossible: boolean) {
  return isPossible ? describe : describe.skip;
}

type Cells<Row> = Row extends readonly unknown[] ? [...Row] : [Row];

/** `describe.each` with all rows of the table, of which some are not possible everywhere. */
export function describeEach<const Row>(table: readonly Row[], isPossible: (...row: Cells<Row>) => boolean) {
  return (title: string, body: (...row: Cells<Row>) => void) => {
    for (const row of table) {
      const cells = [row].flat(1) as Cells<Row>;
      describeWhere(isPossible(...cells)).each([cells])(title, body);
    }
  };
}
