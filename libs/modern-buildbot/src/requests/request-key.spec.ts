import { describe, expect, it } from '@jest/globals';
import { belongsToKey, formatKey, formatReason, readMark } from './request-key.js';

const TASK = 'f3DnZ0QnQqWl0cH1Cq9vLw';
const set = (external_idstring: string | null, reason = 'any') => ({ bsid: 1, external_idstring, reason });

describe('keys of build sets', () => {
  it('are written and read back', () => {
    const key = { taskId: TASK, createdForRunId: 12 };
    expect(readMark(set(formatKey(key)), 'id')).toEqual(key);
  });

  it.each([
    null,
    '',
    TASK,
    `${TASK}/`,
    `${TASK}/01`,
    `${TASK}/-1`,
    `${TASK}/0 `,
    `x${TASK}/0`,
    `${TASK}/9999999`,
  ])('are not read from %j', (text) => {
    expect(readMark(set(text), 'id')).toBeNull();
  });

  it('do not match a copy that a user has rebuilt, nor a key that only a database treats as equal', () => {
    const key = `${TASK}/0`;
    expect(belongsToKey(set(key), key, 'id')).toBe(true);
    for (const other of [set(key, 'rebuild'), set(key.toLowerCase()), set(`${key} `), set(null)])
      expect(belongsToKey(other, key, 'id')).toBe(false);
    expect(readMark(set(key, 'rebuild'), 'id')).toBeNull();
  });

  it('are read from the end of a reason, whatever the scheduler wrote before, of what a stock scheduler has created', () => {
    const key = { taskId: TASK, createdForRunId: 3 };
    const reason = `A build was forced by 'bridge <bridge>': ${formatReason(key)}`;
    expect(readMark(set(null, reason), 'reason')).toEqual(key);
    expect(belongsToKey(set(null, reason), `${TASK}/3`, 'reason')).toBe(true);
    expect(belongsToKey(set(null, reason.toUpperCase()), `${TASK}/3`, 'reason')).toBe(false);
    expect(readMark(set(null, `${reason} and more`), 'reason')).toBeNull();
    // A text that a user wrote into the reason says nothing where the plugin is used.
    expect(readMark(set(null, reason), 'id')).toBeNull();
    expect(readMark(set(`${TASK}/3`, 'any'), 'reason')).toBeNull();
  });
});
