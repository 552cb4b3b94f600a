import TestSequencer from '@jest/test-sequencer';

/**
 * What makes so many promises that it is to run in a fresh process: every test file before it leaves a storage of Jest's
 * behind in its worker, which every promise from then on is entered in.
 */
const FIRST = /\/test\/model\/(histories|fault-enumeration|mutants)\.e2e-spec\.ts$/;

export default class FirstOfAll extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isFirst = ({ path }) => FIRST.test(path);
    return [...sorted.filter(isFirst), ...sorted.filter((test) => !isFirst(test))];
  }
}
