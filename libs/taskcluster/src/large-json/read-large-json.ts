import { type Found, JsonScanner, type Pause } from './json-scanner.js';

/** Maximum bytes of a value that is parsed; far above the limit of any part of a task that the bridge uses. */
export const MAX_VALUE = 128 * 1024;

const MAX_KEY = 256;

/** Maximum members of an object or entries of a list; a page of the queue has 1000. */
const MAX_MEMBERS = 1000;

/** Stands for a value that is too large to be parsed. */
export class LargeValue {
  /** @param buildername of a payload; it identifies whose task it is */
  constructor(readonly buildername?: unknown) {}
}

/** Parts of the queue's replies that are read member by member, however large they are. */
const CONTAINERS = new Set(['tasks', 'statuses', 'task']);

const BUILDERNAME = Buffer.from('"buildername":');

/** Whether a text must be read by {@link readLargeJson}: parsing it at once would block the event loop. */
export function isLarge(body: Buffer): boolean {
  return body.length > MAX_VALUE;
}

/**
 * Reads the JSON of a large reply value by value, with turns of the event loop in between. Values that are too large are
 * not parsed: a {@link LargeValue} replaces them.
 *
 * @throws SyntaxError when it is not JSON, or has more members or entries than a reply of the queue can have
 */
export async function readLargeJson(body: Buffer, pause?: Pause): Promise<unknown> {
  const scanner = new JsonScanner(body, pause);
  const value = await readContainer(scanner);
  if ((await scanner.peek()) !== '') throw new SyntaxError('more than one value');
  return value;
}

async function readContainer(scanner: JsonScanner): Promise<unknown> {
  const first = await scanner.peek();
  if (first === '{') return readObject(scanner);
  return first === '[' ? readList(scanner) : readValue(scanner);
}

async function readObject(scanner: JsonScanner): Promise<Record<string, unknown>> {
  const object: Record<string, unknown> = {};
  await eachItem(scanner, '{', '}', async () => {
    const key = await readKey(scanner);
    await scanner.take(':');
    const value = CONTAINERS.has(key) ? await readContainer(scanner) : await readValue(scanner);
    if (key !== '__proto__') object[key] = value;
  });
  return object;
}

async function readList(scanner: JsonScanner): Promise<unknown[]> {
  const list: unknown[] = [];
  await eachItem(scanner, '[', ']', async () => void list.push(await readContainer(scanner)));
  return list;
}

async function readKey(scanner: JsonScanner): Promise<string> {
  const found = await scanner.skip();
  const key = sizeOf(found) > MAX_KEY ? undefined : await scanner.parse(found);
  if (typeof key !== 'string') throw new SyntaxError('a key that is too long, or none');
  return key;
}

async function readValue(scanner: JsonScanner): Promise<unknown> {
  const found = await scanner.skip(BUILDERNAME);
  if (sizeOf(found) <= MAX_VALUE) return scanner.parse(found);
  if (found.memberStart === undefined) return new LargeValue();
  scanner.goTo(found.memberStart);
  const buildername = await scanner.skip();
  const value = new LargeValue(
    sizeOf(buildername) <= MAX_VALUE ? await scanner.parse(buildername) : undefined,
  );
  scanner.goTo(found.end);
  return value;
}

function sizeOf({ start, end }: Found): number {
  return end - start;
}

async function eachItem(
  scanner: JsonScanner,
  opening: string,
  closing: string,
  read: () => Promise<void>,
): Promise<void> {
  await scanner.take(opening);
  if ((await scanner.peek()) === closing) return scanner.take(closing);
  for (let count = 1; count <= MAX_MEMBERS; count++) {
    await read();
    if ((await scanner.peek()) === closing) return scanner.take(closing);
    await scanner.take(',');
  }
  throw new SyntaxError(`more than ${MAX_MEMBERS} members`);
}
