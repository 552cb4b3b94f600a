import { describe, expect, it } from '@jest/globals';
import { type AuditedRequest, type AuditedTask, auditTask } from './audit.js';

const request = (changes: Partial<AuditedRequest> = {}): AuditedRequest => ({
  ...{ id: 1, run: 0, isRebuild: false, complete: true, results: 0, text: 'build successful' },
  ...changes,
});
const task = (changes: Partial<AuditedTask> = {}): AuditedTask => ({
  ...{ taskId: 'a', expected: 'completed', mayBeCancelled: false, state: 'completed', reason: 'completed' },
  requests: [request()],
  ...changes,
});
const dropped = request({ id: 2, results: 6, text: 'cancelled (Master Shutdown) (cancelled)' });

describe('the audit of a task on a modern master', () => {
  it.each([
    ['success', task()],
    [
      'a user rebuilt it',
      task({ requests: [request(), request({ id: 3, isRebuild: true, complete: false })] }),
    ],
    ['the master was stopped', task({ requests: [dropped, request({ run: 1 })] })],
    [
      'a fault ended its build in EXCEPTION',
      task({ state: 'exception', reason: 'malformed-payload', requests: [request({ results: 4 })] }),
    ],
    [
      'cancelled by a user',
      task({
        mayBeCancelled: true,
        state: 'exception',
        reason: 'canceled',
        requests: [request({ results: 6 })],
      }),
    ],
  ])('accepts: %s', (_, right) => {
    expect(auditTask(right)).toEqual([]);
  });

  it.each([
    ['lost', 'completed without a build', task({ requests: [] })],
    ['lost', 'of which the build was cancelled', task({ requests: [request({ results: 6 })] })],
    ['stuck', 'pending', task({ state: 'pending', reason: undefined, requests: [] })],
    [
      'stuck',
      'whose request is open',
      task({ requests: [request(), request({ id: 2, run: 1, complete: false, results: -1 })] }),
    ],
    [
      'duplicated',
      'with two requests for a run',
      task({ requests: [request(), request({ id: 2, results: 6 })] }),
    ],
    ['duplicated', 'built twice', task({ requests: [request(), request({ id: 2, run: 1 })] })],
    [
      'wrong',
      'failed though its build succeeded',
      task({ state: 'failed', reason: 'failed', requests: [request({ results: 2 })] }),
    ],
    [
      'wrong',
      'rejected although its build succeeded',
      task({ state: 'exception', reason: 'malformed-payload' }),
    ],
    ['wrong', 'cancelled by nobody', task({ state: 'exception', reason: 'canceled', requests: [dropped] })],
    [
      'wrong',
      'rejected',
      task({ state: 'exception', reason: 'malformed-payload', mayBeCancelled: true, requests: [] }),
    ],
  ])('finds %s: %s', (wrong, _, found) => {
    expect(auditTask(found)).toEqual([{ taskId: 'a', wrong, why: expect.any(String) }]);
  });
});
