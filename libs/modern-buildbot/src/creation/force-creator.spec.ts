import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { RequestSpec } from '@bbb/rules';
import type { BuildbotMasters } from '../buildbot-masters.js';
import { useMaster } from '../testing/use-master.js';
import { json } from '../testing/scripted-master.js';
import type { Tables } from '../testing/tables.js';

const TASK = 'AAAAAAAAAA_AAAAAAAAAAA';
const REASON = `Created by Buildbot Bridge for task ${TASK} (${TASK}/2)`;
const spec: RequestSpec = {
  ...{ taskId: TASK, createdForRunId: 2, scheduledAt: 4000, buildername: 'linux' },
  ...{ branch: 'b', revision: null, repository: '', project: '', properties: { product: 'x' }, priority: 0 },
};
const wanted = async () => true;

describe('ForceCreator', () => {
  const current = useMaster();
  let tables: Tables;
  let masters: BuildbotMasters;
  let warn: jest.Spied<Logger['warn']>;

  beforeEach(() => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    ({ tables } = current);
    const scheduler = tables.rows.forceschedulers[0]!;
    Object.assign(scheduler, {
      label: 'force',
      all_fields: [{ fullName: 'reason' }, { fields: [{ fullName: 'taskId' }, { fullName: 'product' }] }],
    });
    masters = current.connect({ creation: 'force', timeout: 1 });
  });
  afterEach(() => warn.mockRestore());

  const posts = () => tables.master.seen.filter(({ verb }) => verb === 'POST').map(({ body }) => body.params);

  it('states what a stock scheduler does not promise, in the log and in a health check', async () => {
    const promise = expect.stringContaining('may be created twice, or for a task that has just ended');
    expect(warn).toHaveBeenCalledWith(
      { scheduler: 'bridge', promise },
      'creating build requests without the plugin',
    );
    expect(await masters.findSchedulerProblem()).toEqual(promise);
    tables.rows.forceschedulers.pop();
    expect(await masters.findSchedulerProblem()).toContain('add a ForceScheduler to master.cfg');
  });

  it('sends declared properties, one builder, and the key in the reason', async () => {
    tables.call = (_, response) => json(response, { result: [9, { 5: 8 }] });
    expect(await masters.create(spec, wanted)).toBe(8);
    expect(posts()).toEqual([
      {
        ...{ product: 'x', taskId: TASK, builderNames: ['linux'], reason: REASON },
        ...{ branch: 'b', revision: '', repository: '', project: '' },
      },
    ]);
  });

  it('finds the newest request with exactly its key, and makes no other one', async () => {
    tables.request(3, {}, { reason: REASON });
    tables.request(4, {}, { reason: `a scheduler says: ${REASON}` });
    // What only the database takes for the key.
    tables.request(5, {}, { reason: REASON.replaceAll('_', 'x') });
    tables.request(6, {}, { reason: REASON.toLowerCase() });
    tables.request(7, {}, { reason: 'rebuild' });
    expect(await masters.create(spec, () => Promise.reject(new Error('asked')))).toBe(4);
    expect(await masters.withdraw(spec, () => Promise.reject(new Error('forgotten')))).toBe(4);
    expect(posts()).toEqual([]);
  });

  it('does not call again while the master may still carry out a call without an answer, and finds its request', async () => {
    tables.call = (_, response) => response.destroy();
    for (const message of ['no answer', 'may still carry out the last call'])
      await expect(masters.create(spec, wanted)).rejects.toMatchObject({
        ...{ name: 'Unavailable', message: expect.stringContaining(message) },
      });
    expect(posts()).toHaveLength(1);
    tables.request(3, {}, { reason: REASON });
    expect(await masters.create(spec, wanted)).toBe(3);
    expect(posts()).toHaveLength(1);
  });

  it('rejects properties that the scheduler would drop or change', async () => {
    const properties = { product: 'x', colour: 'red', taskId: { a: 1 }, reason: 'y' };
    expect(await masters.findProblems({ properties })).toEqual([
      'payload.properties.colour: is not a parameter of the scheduler',
      'payload.properties.taskId: must be a text or a number',
      'payload.properties.reason: is not a parameter of the scheduler',
    ]);
  });
});
