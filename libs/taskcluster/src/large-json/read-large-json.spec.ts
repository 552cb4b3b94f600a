import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  DEFAULT_SIZES,
  type KeptSizes,
  LargeJsonReader,
  LargeValue,
  TooMuchJson,
} from './read-large-json.js';

const MAX_VALUE = DEFAULT_SIZES.value;

/** What a socket delivers at most at a time. */
const PART = 64 * 1024;

interface Work {
  /** The most bytes that were scanned, copied or parsed for one part. */
  most: number;
  all: number;
}

/** Reads a text in parts, and counts the work on each. */
function readText(text: string, part = PART, sizes?: KeptSizes): { value: unknown } & Work {
  const body = Buffer.from(text);
  const reader = new LargeJsonReader(sizes);
  const work: Work = { most: 0, all: 0 };
  const parse = jest.spyOn(JSON, 'parse');
  const concat = jest.spyOn(Buffer, 'concat');
  const count = (scanned: number) => {
    const parsed = parse.mock.calls.reduce((sum, [given]) => sum + given.length, 0);
    const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
    work.most = Math.max(work.most, scanned + parsed + copied);
    work.all += scanned + parsed + copied;
    parse.mockClear();
    concat.mockClear();
  };
  try {
    for (let at = 0; at < body.length; at += part) {
      reader.push(body.subarray(at, at + part));
      count(Math.min(part, body.length - at));
    }
    const value = reader.end();
    count(0);
    return { value, ...work };
  } finally {
    parse.mockRestore();
    concat.mockRestore();
  }
}

const read = (value: unknown) => readText(JSON.stringify(value)).value;

/** A text of about that many bytes, of JSON that is dear to parse. */
const FILLERS: Record<string, (bytes: number) => string> = {
  'a long text': (bytes) => `"${'x'.repeat(bytes)}"`,
  'a text of escapes': (bytes) => `"${'\\"'.repeat(bytes / 2)}"`,
  'many members': (bytes) =>
    `{${Array.from({ length: bytes / 12 }, (_, index) => `"k${index}":1`).join(',')}}`,
  'many values': (bytes) => `[${'1,'.repeat(bytes / 2)}1]`,
  'many lists': (bytes) => `[${'[],'.repeat(bytes / 3)}1]`,
  depth: (bytes) => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2),
  'a long number': (bytes) => '1'.repeat(bytes),
};

const MEGABYTES = 1024 * 1024;

describe('a large JSON text that comes in parts', () => {
  it('is read as JSON.parse reads it, however it is cut', () => {
    const keys = fc.constantFrom('tasks', 'task', 'statuses', 'buildername', 'payload', 'a"\\', 'é', '');
    const trees = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5 }, fc.jsonValue(), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
    })).value;
    fc.assert(
      fc.property(
        trees,
        fc.constantFrom(undefined, 1),
        fc.integer({ min: 1, max: 20 }),
        (tree, indent, part) => {
          const text = JSON.stringify(tree, undefined, indent);
          fc.pre(!text.includes('__proto__'));
          expect(readText(text, part).value).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it.each([
    '',
    '{',
    '[1',
    '{"a":1]',
    '{"a" 1}',
    '{1:1}',
    '[1 2]',
    '[1]x',
    '{"a":1,}',
    '[1,]',
    'x',
    '"',
    '"\\',
    '{"a":tru}',
  ])('is refused when it is %s', (text) => {
    for (const part of [1, 2, 100]) expect(() => readText(text, part)).toThrow(SyntaxError);
  });

  it.each([PART, 100, 7])('has the values next to one that is too large, in parts of %i bytes', (part) => {
    const sizes = { value: 300, all: 10_000 };
    const large = 'x'.repeat(sizes.value);
    const payload = { other: 'buildername', buildername: 'b,"}é', deep: { buildername: 'no' }, large };
    const page = {
      tasks: [
        { taskId: 'a', task: { payload, extra: large } },
        { taskId: 'b', task: { payload: 1 } },
        { taskId: 'c', task: { payload: { large, buildername: { not: ['a', 'name'] } } } },
        { taskId: 'd', task: { payload: { buildername: large } } },
      ],
    };
    expect(readText(JSON.stringify(page), part, sizes).value).toEqual({
      tasks: [
        { taskId: 'a', task: { payload: new LargeValue('b,"}é'), extra: new LargeValue() } },
        { taskId: 'b', task: { payload: 1 } },
        { taskId: 'c', task: { payload: new LargeValue({ not: ['a', 'name'] }) } },
        { taskId: 'd', task: { payload: new LargeValue() } },
      ],
    });
  });

  it('is refused with more entries than the queue has in a page', () => {
    expect(() => read({ tasks: Array.from({ length: 1001 }, () => 1) })).toThrow(/more than 1000/);
  });

  it('is given up when its values are too many to be kept together', () => {
    const tasks = Array.from({ length: 10 }, () => 'x'.repeat(100));
    expect(() => readText(JSON.stringify({ tasks }), 50, { value: 200, all: 900 })).toThrow(TooMuchJson);
  });

  it('keeps no value of more items than a payload may have', () => {
    expect(read({ payload: { buildername: 'b', x: Array.from({ length: 50_000 }, () => 1) } })).toMatchObject(
      {
        payload: { buildername: 'b' },
      },
    );
    expect(read({ payload: { buildername: 'b', x: Array.from({ length: 63_000 }, () => []) } })).toEqual({
      payload: new LargeValue('b'),
    });
  });

  it.each(Object.entries(FILLERS))(
    'takes bounded work for each part of ten megabytes: %s',
    (_name, filler) => {
      const text = `{"payload":{"buildername":"b","x":${filler(9.5 * MEGABYTES)}},"deadline":"d"}`;
      const { value, most, all } = readText(text);
      expect(value).toEqual({ payload: new LargeValue('b'), deadline: 'd' });
      expect(most).toBeLessThanOrEqual(2 * PART + 2 * MAX_VALUE);
      expect(all).toBeLessThanOrEqual(1.2 * text.length);
    },
  );

  it('has its values parsed one at a time', () => {
    const task = { payload: 'x'.repeat(MAX_VALUE - 2) };
    const { value, most } = readText(
      JSON.stringify({ tasks: Array.from({ length: 100 }, () => ({ task })) }),
    );
    expect(value).toMatchObject({ tasks: expect.arrayContaining([{ task }]) });
    expect(most).toBeLessThanOrEqual(2 * PART + 2 * MAX_VALUE);
  });
});
