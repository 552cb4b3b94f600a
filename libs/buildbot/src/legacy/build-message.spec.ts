import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readLogUrl, readLogUploaded, readStarted } from './build-message.js';

const FOLDER = new URL('../../../../test/fixtures/buildbot/pulse/', import.meta.url);
const recorded = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));

const TASK = 'f3DnZ0QnQqWl0cH1Cq9vLw';
const LAST_TASK = 'aG7wTj2bQhS5x0d3Jm1RkA';

describe('readStarted', () => {
  it.each([
    ['started', { buildNumber: 105, buildRequestIds: [86818747], taskId: TASK }],
    ['started-coalesced', { buildNumber: 106, buildRequestIds: [86818750, 86818751], taskId: LAST_TASK }],
    ['started-empty-request_ids', { buildNumber: 105, buildRequestIds: undefined, taskId: TASK }],
    ['started-legacy-no-request_ids', { buildRequestIds: undefined, taskId: TASK }],
    ['started-not-ours', { buildNumber: 107, taskId: undefined }],
  ])('reads %s', (name, expected) => {
    expect(readStarted(recorded(name))).toMatchObject(expected);
  });
});

describe('readLogUploaded', () => {
  it.each([
    ['success', 0, [86818747]],
    ['warnings', 1, undefined],
    ['failure', 2, undefined],
    ['skipped', 3, undefined],
    ['exception', 4, undefined],
    ['retry', 5, [86818764]],
    ['cancelled', 6, [86818765]],
    ['coalesced', 0, [86818750, 86818751]],
  ])('reads log_uploaded-%s', (name, results, buildRequestIds) => {
    const message = readLogUploaded(recorded(`log_uploaded-${name}`));
    expect(message.results).toBe(results);
    expect(message.buildRequestIds).toEqual(buildRequestIds ?? expect.arrayContaining([expect.any(Number)]));
  });

  it('takes the URL of the log from the post-run step only', () => {
    expect(readLogUrl(readLogUploaded(recorded('log_uploaded-success')))).toMatch(
      /^http:.*build105\.txt\.gz$/,
    );
    expect(readLogUrl(readLogUploaded(recorded('log_uploaded-no-log_url')))).toBeNull();
    const forged = {
      ...readLogUploaded(recorded('log_uploaded-success')),
      properties: [['log_url', 'http://x', 'step']] as const,
    };
    expect(readLogUrl({ ...forged, properties: [...forged.properties] })).toBeNull();
  });

  it.each(['missing-request_ids', 'forged-source'])('rejects invalid-log_uploaded-%s', (name) => {
    expect(() => readLogUploaded(recorded(`invalid-log_uploaded-${name}`))).toThrow(
      expect.objectContaining({ name: 'Invalid' }),
    );
  });

  it('leaves out one unreadable property and keeps the result', () => {
    const message = readLogUploaded(recorded('invalid-log_uploaded-short-property'));
    expect(message).toMatchObject({ results: 0, buildRequestIds: [86818772] });
    expect(message.properties.map(([name]) => name)).not.toContain('broken');
  });

  it('requires nothing of builds that are not ours', () => {
    expect(readLogUploaded(recorded('log_uploaded-not-ours')).taskId).toBeUndefined();
  });
});

describe('every recorded message', () => {
  it.each(readdirSync(FOLDER).filter((file) => file.endsWith('.json')))(
    '%s is either read or rejected',
    (file) => {
      for (const read of [readStarted, readLogUploaded]) {
        try {
          expect(read(recorded(file.replace('.json', ''))).buildNumber).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ name: 'Invalid' });
        }
      }
    },
  );

  it.each([
    null,
    1,
    'text',
    [],
    {},
    { payload: {} },
    { payload: { build: { number: -1 } } },
    { payload: { build: { number: 2 ** 31 } } },
  ])('rejects %j', (payload) => {
    expect(() => readStarted(payload)).toThrow(expect.objectContaining({ name: 'Invalid' }));
  });
});
