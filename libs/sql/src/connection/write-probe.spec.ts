import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '@bbb/rules';
import { WriteProbe } from './write-probe.js';

const refusal = (code: string) =>
  new Unavailable('bridge-db', `it says ${code}`, { cause: Object.assign(new Error(code), { code }) });

describe('WriteProbe', () => {
  const open = () => {
    const state = { now: 1000, error: undefined as Error | undefined, writes: 0 };
    const probe = new WriteProbe(() => state.now);
    const problem = () =>
      probe.findProblem(async () => {
        state.writes++;
        if (state.error) throw state.error;
      });
    return { state, probe, problem };
  };

  it.each([
    'SQLITE_READONLY',
    'ER_OPTION_PREVENTS_STATEMENT',
    'ER_READ_ONLY_MODE',
    'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
    '25006',
  ])('reports a read-only database (%s) until it accepts writes again', async (code) => {
    const { state, problem } = open();
    state.error = refusal(code);
    expect(await problem()).toBe(`it says ${code}`);
    state.error = undefined;
    expect(await problem()).toBeUndefined();
  });

  it('rarely probes while writes succeed', async () => {
    const { state, problem } = open();
    for (const seconds of [0, 10, 10, 10]) {
      state.now += seconds;
      expect(await problem()).toBeUndefined();
    }
    expect(state.writes).toBe(2);
  });

  it('probes at once when a write failed because the database is read-only', async () => {
    const { state, probe, problem } = open();
    expect(await problem()).toBeUndefined();
    state.error = refusal('25006');
    probe.noteFailure(state.error);
    expect(await problem()).toBe('it says 25006');
  });

  it.each(['SQLITE_FULL', 'ER_RECORD_FILE_FULL', 'ER_DISK_FULL', '53100'])(
    'reports for a while that a write failed because the database is full (%s)',
    async (code) => {
      const { state, probe, problem } = open();
      expect(await problem()).toBeUndefined();
      probe.noteFailure(refusal(code));
      expect(await problem()).toMatch(/full/);
      state.now += 59;
      expect(await problem()).toMatch(/full/);
      state.now += 1;
      expect(await problem()).toBeUndefined();
    },
  );

  it.each(['SQLITE_BUSY', 'ER_LOCK_WAIT_TIMEOUT', 'ER_TABLEACCESS_DENIED_ERROR', '42501', 'ECONNRESET'])(
    'ignores %s',
    async (code) => {
      const { state, probe, problem } = open();
      state.error = refusal(code);
      probe.noteFailure(state.error);
      expect(await problem()).toBeUndefined();
    },
  );
});
