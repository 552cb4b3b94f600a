import { describe, expect, it } from '@jest/globals';
import { belongsToKey, formatKey, readMark } from './request-key.js';

const TASK = 'f3DnZ0QnQqWl0cH1Cq9vLw';
const set = (external_idstring: string | null, reason = 'any') => ({ bsid: 1, external_idstring, reason });

describe('keys of build sets', () => {
  it('are written and read back', () => {
    const key = { taskId: TASK, createdForRunId: 12 };
    expect(readMark(set(formatKey(key)))).toEqual(key);
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
    expect(readMark(set(text))).toBeNull();
  });

  it('do not match a copy that a user has rebuilt, nor a key that only a database treats as equal', () => {
    const key = `${TASK}/0`;
    expect(belongsToKey(set(key), key)).toBe(true);
    for (const other of [set(key, 'rebuild'), set(key.toLowerCase()), set(`${key} `), set(null)])
      expect(belongsToKey(other, key)).toBe(false);
    expect(readMark(set(key, 'rebuild'))).toBeNull();
  });
});
