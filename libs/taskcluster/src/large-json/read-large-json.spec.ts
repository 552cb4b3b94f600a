import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SLICE } from './json-scanner.js';
import { LargeValue, MAX_VALUE, readLargeJson } from './read-large-json.js';

const read = (value: unknown) => readLargeJson(Buffer.from(JSON.stringify(value)));

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

describe('readLargeJson', () => {
  it('reads the same as JSON.parse', async () => {
    const keys = fc.constantFrom('tasks', 'task', 'statuses', 'buildername', 'payload', 'a"\\', '');
    const trees = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5 }, fc.jsonValue(), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
    })).value;
    await fc.assert(
      fc.asyncProperty(trees, fc.constantFrom(undefined, 1), async (tree, indent) => {
        const text = JSON.stringify(tree, undefined, indent);
        fc.pre(!text.includes('__proto__'));
        expect(await readLargeJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['', '{', '[1', '{"a":1]', '{"a" 1}', '{1:1}', '[1 2]', '[1]x', '{"a":1,}', 'x', '"', '{"a":tru}'])(
    'refuses %s',
    async (text) => {
      await expect(readLargeJson(Buffer.from(text))).rejects.toThrow(SyntaxError);
    },
  );

  it('reads the values next to one that is too large', async () => {
    const large = 'x'.repeat(MAX_VALUE);
    const payload = { other: 'buildername', buildername: 'b', deep: { buildername: 'no' }, large };
    const page = {
      tasks: [
        { taskId: 'a', task: { payload, extra: large } },
        { taskId: 'b', task: { payload: 1 } },
      ],
    };
    expect(await read(page)).toEqual({
      tasks: [
        { taskId: 'a', task: { payload: new LargeValue('b'), extra: new LargeValue() } },
        { taskId: 'b', task: { payload: 1 } },
      ],
    });
    expect(await read({ payload: { buildername: large } })).toEqual({ payload: new LargeValue() });
  });

  it('refuses more entries than the queue has in a page', async () => {
    await expect(read({ tasks: Array.from({ length: 1001 }, () => 1) })).rejects.toThrow(/more than 1000/);
  });

  it.each(Object.entries(FILLERS))(
    'works on a bounded part of ten megabytes at a time: %s',
    async (_name, filler) => {
      const body = Buffer.from(
        `{"payload":{"buildername":"b","x":${filler(9.5 * MEGABYTES)}},"deadline":"d"}`,
      );
      const stretches: number[] = [];
      const reply = await readLargeJson(body, async (bytes) => void stretches.push(bytes));
      expect(reply).toEqual({ payload: new LargeValue('b'), deadline: 'd' });
      expect(Math.max(...stretches)).toBeLessThanOrEqual(SLICE + MAX_VALUE);
      expect(stretches.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(1.1 * body.length);
    },
  );

  it('parses a page of values just below the limit one at a time', async () => {
    const task = { payload: 'x'.repeat(MAX_VALUE - 2) };
    const body = Buffer.from(JSON.stringify({ tasks: Array.from({ length: 100 }, () => ({ task })) }));
    const stretches: number[] = [];
    const reply = await readLargeJson(body, async (bytes) => void stretches.push(bytes));
    expect(reply).toMatchObject({ tasks: expect.arrayContaining([{ task }]) });
    expect(Math.max(...stretches)).toBeLessThanOrEqual(SLICE + MAX_VALUE);
  });
});
