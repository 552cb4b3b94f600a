import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { describeBuildbotContract } from './contracts/buildbot.contract.js';
import { sandboxBuildbot } from './contracts/sandbox-buildbot.js';
import { describeSchedulerDbs } from './support/scheduler-dbs.js';
import { createRequestSpec } from '../libs/rules/src/testing/observations.js';

Logger.overrideLogger(false);

describeSchedulerDbs('on %s, schema %s %s', (kind, schema, engine) => {
  describeBuildbotContract('Buildbot 0.8 of the sandbox', () =>
    sandboxBuildbot(kind, schema, engine || undefined),
  );
});

describe.each([6, 24] as const)('a build that died with its master, on schema %i', (schema) => {
  it('is not cancelled once its number is another one’s', async () => {
    const { connect, master, cancellations, dispose } = await sandboxBuildbot('sqlite', schema);
    try {
      const buildbot = connect();
      const order = createRequestSpec();
      const dead = (await buildbot.create(order, async () => true))!;
      const stranger = (await buildbot.create({ ...order, createdForRunId: 1 }, async () => true))!;
      const { buildId, number } = await master.start(dead);
      const request = (await buildbot.readSnapshot(dead))!;
      await buildbot.cancel(request);
      expect(cancellations()).toEqual([{ buildId }]);
      // Its id, in the hands of a row that takes it for another task's.
      await buildbot.cancel({ ...request, key: { taskId: 'AAAAAAAAAAAAAAAAAAAAAA', createdForRunId: 0 } });
      expect(cancellations()).toEqual([{ buildId }]);

      await master.reboot();
      expect((await master.start(stranger)).number).toBe(number);
      await buildbot.cancel(request);
      expect(cancellations()).toEqual([{ buildId }]);
    } finally {
      await dispose();
    }
  });
});
