import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { RestorableBridge } from './support/restorable-bridge.js';

Logger.overrideLogger(false);

/** Of the example task of both. */
const REVISION = 'cd5fab20f6bd128847ef8131c9aeed63cde019fc';

describe.each([6, 24] as const)('a build of merged requests, on schema %i', (schema) => {
  let bridge: RestorableBridge;

  beforeEach(async () => {
    bridge = await RestorableBridge.open(schema);
  });
  afterEach(() => bridge.close());

  const stateOf = (taskId: string) => bridge.taskcluster.state.status(taskId).state;

  /** A victim's and a stranger's task, in one build. */
  async function share(changes: { deadlineIn?: number } = {}): Promise<[victim: string, stranger: string]> {
    const victim = bridge.createTask();
    const stranger = bridge.createTask(changes);
    // The start of a build is left to its message for two minutes, and here none comes.
    await bridge.minutes(5);
    expect([stateOf(victim), stateOf(stranger)]).toEqual(['running', 'running']);
    expect(bridge.master.inProgress().map(({ buildRequestIds }) => buildRequestIds.length)).toEqual([2]);
    return [victim, stranger];
  }

  async function finish(): Promise<void> {
    const [first] = await bridge.requests();
    bridge.master.finishBuild(first!.id, 0);
    await bridge.minutes(15);
  }

  it('goes on for the others when one of its tasks is cancelled', async () => {
    const [victim, stranger] = await share();
    bridge.taskcluster.cancel(stranger);
    await bridge.minutes(5);
    expect(bridge.cancelled).toEqual([]);
    expect([stateOf(victim), stateOf(stranger)]).toEqual(['running', 'exception']);
    await finish();
    expect(stateOf(victim)).toBe('completed');
    expect(await bridge.store.get(stranger)).toBeUndefined();
    expect(bridge.cancelled).toEqual([]);
  });

  it('goes on for the others when the deadline of one has passed', async () => {
    const [victim, stranger] = await share({ deadlineIn: 600 });
    await bridge.minutes(15);
    expect([stateOf(victim), stateOf(stranger)]).toEqual(['running', 'exception']);
    expect(bridge.cancelled).toEqual([]);
    await finish();
    expect(stateOf(victim)).toBe('completed');
  });

  it('goes on for a request that no bridge made', async () => {
    const taskId = bridge.createTask();
    await bridge.minute();
    await bridge.createNightly(REVISION);
    await bridge.minutes(2);
    expect(bridge.master.inProgress().map(({ buildRequestIds }) => buildRequestIds.length)).toEqual([2]);
    bridge.taskcluster.cancel(taskId);
    await bridge.minutes(5);
    expect(bridge.cancelled).toEqual([]);
    await finish();
    expect((await bridge.requests()).map(({ complete, results }) => [complete, results])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('is stopped when all of its tasks are dead', async () => {
    const [victim, stranger] = await share();
    bridge.taskcluster.cancel(stranger);
    await bridge.minutes(2);
    bridge.taskcluster.cancel(victim);
    await bridge.minutes(5);
    expect(bridge.cancelled).toContainEqual(expect.objectContaining({ bid: expect.any(Number) }));
    expect((await bridge.requests()).every(({ complete }) => complete === 1)).toBe(true);
    expect(await bridge.store.get(stranger)).toBeUndefined();
    expect(await bridge.store.get(victim)).toBeUndefined();
  });
});
