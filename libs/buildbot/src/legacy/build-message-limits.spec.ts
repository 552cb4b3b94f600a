import { describe, expect, it } from '@jest/globals';
import { readLogUrl, readLogUploaded, readStarted } from './build-message.js';

const TASK = 'f3DnZ0QnQqWl0cH1Cq9vLw';
const MAX_ID = 2 ** 31 - 1;
const ours = ['taskId', TASK, 'bbb'];
const ids = (given: unknown, source = 'postrun.py') => ['request_ids', given, source];
const message = (build: object = {}, more: object = {}) => ({
  payload: { build: { number: 1, properties: [ours, ids([5])], ...build }, ...more },
});
const repeat = (count: number, item: unknown) => Array.from({ length: count }, () => item);
const NO_MESSAGE = expect.objectContaining({
  name: 'Invalid',
  message: expect.stringMatching(/^not a build message: ✖/),
});
const NO_IDS = expect.objectContaining({
  name: 'Invalid',
  message: 'log_uploaded without usable request_ids from postrun.py',
});

describe('the limits of a build message', () => {
  it.each<[string, object]>([
    ['number 0', message({ number: 0 })],
    ['the largest number', message({ number: MAX_ID })],
    ['5000 properties', message({ properties: repeat(5000, ours) })],
    ['1000 ids', message({}, { request_ids: repeat(1000, MAX_ID) })],
    ['no results', message({ results: null })],
    ['no properties', message({ properties: undefined })],
    ['unknown keys', { ...message(), _meta: {} }],
  ])('%s: accepted', (_what, given) => {
    expect(readStarted(given).buildNumber).toBeGreaterThanOrEqual(0);
  });

  it.each<[string, object]>([
    ['a number below 0', message({ number: -1 })],
    ['a number beyond any', message({ number: MAX_ID + 1 })],
    ['half a number', message({ number: 0.5 })],
    ['no number', message({ number: undefined })],
    ['5001 properties', message({ properties: repeat(5001, ours) })],
    ['properties that are no list', message({ properties: {} })],
    ['results that are text', message({ results: '0' })],
    ['1001 ids', message({}, { request_ids: repeat(1001, 1) })],
    ['an id of 0', message({}, { request_ids: [0] })],
    ['an id beyond any', message({}, { request_ids: [MAX_ID + 1] })],
    ['half an id', message({}, { request_ids: [1.5] })],
    ['no build', { payload: {} }],
    ['no payload', {}],
  ])('%s: rejected', (_what, given) => {
    expect(() => readStarted(given)).toThrow(NO_MESSAGE);
  });

  it.each<[string, unknown]>([
    ['none', []],
    ['of 0', [0]],
    ['beyond any', [MAX_ID + 1]],
    ['as text', '5'],
    ['too many', repeat(1001, 1)],
  ])('request ids of the post-run step, %s: rejected', (_what, given) => {
    expect(() => readLogUploaded(message({ properties: [ours, ids(given)] }))).toThrow(NO_IDS);
  });

  it('uses the property of the post-run step among others of the same name', () => {
    const properties = [ids([1], 'SetProperty'), ['other', [2], 'postrun.py'], ours, ids([5, 6])];
    expect(readLogUploaded(message({ properties })).buildRequestIds).toEqual([5, 6]);
  });

  it('needs no request ids for builds that are not ours', () => {
    expect(readLogUploaded(message({ properties: [] }))).toEqual({
      buildNumber: 1,
      results: null,
      properties: [],
      taskId: undefined,
      buildRequestIds: undefined,
    });
  });

  it('has ids, or none', () => {
    expect(readStarted(message({}, { request_ids: [] })).buildRequestIds).toBeUndefined();
    expect(readStarted(message({}, { request_ids: [7] })).buildRequestIds).toEqual([7]);
    expect(readStarted(message({ results: 3 })).results).toBe(3);
  });

  it.each([`${TASK}x`, `x${TASK}`, TASK.slice(1), `${TASK}\n`, 7, [TASK], `${TASK.slice(1)} `])(
    'does not treat %j as a task id',
    (taskId) => {
      expect(readStarted(message({ properties: [['taskId', taskId, 'bbb']] })).taskId).toBeUndefined();
    },
  );

  it.each<[string, unknown]>([
    ['four parts', ['taskId', TASK, 'bbb', 1]],
    ['two parts', ['taskId', TASK]],
    ['a name that is no text', [7, TASK, 'bbb']],
    ['a source that is no text', ['taskId', TASK, 7]],
    ['no list', { 0: 'taskId', 1: TASK, 2: 'bbb', length: 3 }],
    ['nothing', null],
  ])('leaves out a property of %s', (_what, property) => {
    expect(readStarted(message({ properties: [property, ['x', 1, 'y']] })).properties).toEqual([
      ['x', 1, 'y'],
    ]);
  });

  it('finds the URL of the log in the property of the post-run step', () => {
    const read = (...properties: unknown[]) =>
      readLogUrl(readLogUploaded(message({ properties: [ours, ids([5]), ...properties] })));
    expect(read(['log_url', 'http://a', 'SetProperty'], ['log_url', 'http://b', 'postrun.py'])).toBe(
      'http://b',
    );
    expect(read(['log_url', ['http://b'], 'postrun.py'])).toBeNull();
    expect(read(['other', 'http://b', 'postrun.py'])).toBeNull();
  });
});
