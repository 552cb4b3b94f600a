import TestSequencer from '@jest/test-sequencer';

/**
 * What makes so many promises that it is to run in a fresh process: every test file before it leaves a storage of Jest's
 * behind in its worker, which every promise from then on is entered in.
 */
const FRESH = ['mutants', 'fault-enumeration', 'histories'].map((name) => `test/model/${name}.e2e-spec.ts`);

/**
 * What takes longest, so that the workers end together also where Jest remembers no times. While the first that needs the
 * compiled project compiles it, others run that need none.
 */
const LONG = [
  'test/buildbot.e2e-spec.ts',
  'test/puppet.e2e-spec.ts',
  'test/modern-buildbot/master-outages.campaign-spec.ts',
  'test/modern-buildbot/master-facts.campaign-spec.ts',
  'test/costs.e2e-spec.ts',
  'libs/bridge-db/src/migrate.spec.ts',
  'test/modern-buildbot/contract.e2e-spec.ts',
  'test/recorded-messages.e2e-spec.ts',
  'libs/scheduler-db/src/scheduler-db-faults.spec.ts',
  'test/mix.e2e-spec.ts',
  'test/wrong-systems.e2e-spec.ts',
  'test/modern-buildbot/end-to-end.e2e-spec.ts',
  'test/processes.e2e-spec.ts',
  'test/operator-questions.e2e-spec.ts',
  'test/footprint.e2e-spec.ts',
  'test/largest-tasks.e2e-spec.ts',
  'test/page.e2e-spec.ts',
  'test/upgrade.campaign-spec.ts',
  'libs/scheduler-db/src/requests/indexes.spec.ts',
  'libs/bridge-db/src/tasks/task-store-sql.spec.ts',
];

const ORDER = [...FRESH, ...LONG];

export default class FirstOfAll extends TestSequencer {
  sort(tests) {
    const place = ({ path }) => {
      const index = ORDER.findIndex((name) => path.endsWith(`/${name}`));
      return index < 0 ? ORDER.length : index;
    };
    return super.sort(tests).sort((one, other) => place(one) - place(other));
  }
}
