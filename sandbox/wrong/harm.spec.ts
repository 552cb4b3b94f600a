import { expect, it } from '@jest/globals';
import { findHarm, type TaskState } from './harm.js';

const NOW = 1_500_000_000;

const state = (changes: Partial<TaskState> = {}): TaskState => ({
  taskId: 'task',
  part: 'goes on',
  runs: ['running'],
  takenUntil: NOW + 20,
  isTracked: true,
  hasArrived: false,
  requests: 1,
  ...changes,
});
const waiting = state({ taskId: 'waiting', part: 'waits', runs: ['pending'], takenUntil: undefined });
const created = state({ part: 'created meanwhile', runs: ['pending'], takenUntil: undefined, requests: 0 });

const harm = (before: TaskState[], after: TaskState[], isDoubted = true) =>
  findHarm(before, after, { isDoubted, now: NOW });

it.each<[string, TaskState[], TaskState[]]>([
  ['tasks that are as they were', [state(), waiting], [state({ takenUntil: NOW + 5 }), waiting]],
  ['requests that the bridge does not see', [state(), waiting], [state({ requests: 0 }), waiting]],
  ['a new task without a request', [], [created]],
])('finds no harm in %s', (_what, before, after) => {
  expect(harm(before, after)).toEqual([]);
});

it('finds no harm in a task that came to its end on both sides, unless absence is doubted', () => {
  const cancelled = state({ part: 'cancelled meanwhile' });
  const forgotten = { ...cancelled, runs: ['canceled'], isTracked: false, hasArrived: true };
  expect(harm([cancelled], [forgotten], false)).toEqual([]);
  expect(harm([cancelled], [forgotten], true)).toEqual(['cancelled meanwhile: task was forgotten']);
});

it.each<[string, TaskState[], TaskState[]]>([
  ['waiting was forgotten', [waiting], [{ ...waiting, isTracked: false }]],
  ['task was running and is canceled', [state()], [state({ runs: ['canceled'] })]],
  ['task was running and is running, pending', [state()], [state({ runs: ['running', 'pending'] })]],
  ['the claim of task expired', [state()], [state({ takenUntil: NOW - 1 })]],
  ['task got a build request', [], [{ ...created, requests: 1 }]],
  ['task has 2 build requests', [state()], [state({ requests: 2 })]],
])('finds that %s', (words, before, after) => {
  expect(harm(before, after)).toEqual([`${after[0]!.part}: ${words}`]);
});
