import { describe, expect, it } from '@jest/globals';
import type { RequestSpec } from '@bbb/rules';
import type { KeyLocks } from '../locks/key-locks.js';
import { RequestCreator } from './request-creator.js';

describe('RequestCreator', () => {
  const spec = (taskId: string, text: string): RequestSpec => ({
    taskId,
    createdForRunId: 0,
    buildername: 'linux',
    branch: 'main',
    revision: '',
    repository: '',
    project: '',
    priority: 0,
    scheduledAt: 1,
    properties: { text },
  });

  /** Creates requests whose only large property has so many characters, at the same time. */
  async function createSized(...sizes: number[]) {
    const batches: string[][] = [];
    let id = 0;
    const underLocks: KeyLocks = (keys, work) => {
      batches.push(keys.map(({ taskId }) => taskId));
      const found = new Map(keys.map((key) => [key, undefined]));
      return work({ found, insert: async (requests) => requests.map(() => ++id) });
    };
    const creator = new RequestCreator(underLocks, async () => ({
      claims: 'columns',
      sourcestamps: 'single',
      codebase: false,
      version: 6,
    }));
    const created = await Promise.all(
      sizes.map((size, index) => creator.create(spec(`task${index}`, 'x'.repeat(size)), async () => true)),
    );
    return { batches, created };
  }

  it('creates many small requests together', async () => {
    const { batches, created } = await createSized(...Array.from({ length: 40 }, () => 10));
    expect(batches).toHaveLength(1);
    expect(created).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it('creates large ones in parts, each below the packet of an old MySQL server', async () => {
    const { batches, created } = await createSized(100_000, 150_000, 100_000, 10, 600_000, 10);
    expect(batches).toEqual([['task0', 'task1'], ['task2', 'task3'], ['task4'], ['task5']]);
    expect(created).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
