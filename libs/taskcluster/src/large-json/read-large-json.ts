import { JsonScanner, type Scan } from './json-scanner.js';

/** How much of an answer is kept. */
export interface KeptSizes {
  /** Maximum bytes of a value that is parsed. */
  value: number;
  /** Maximum bytes of all these values together. */
  all: number;
  /** Maximum bytes of an answer that is parsed at once; default: as of a value. */
  whole?: number;
}

/** Far above the limit of any part of a task that the bridge uses, and of a page of statuses. */
export const DEFAULT_SIZES: KeptSizes = { value: 128 * 1024, all: 16 * 1024 * 1024 };

/**
 * Answers about runs, without anything of a task's author: they hold at most some hundred bytes for each run. Those of a
 * thousand usual tasks are parsed at once, in some milliseconds; to go through them value by value takes five times as long.
 */
export const STATUS_SIZES: KeptSizes = { ...DEFAULT_SIZES, whole: 1024 * 1024 };

/** Maximum values within a value that is parsed; a payload that is accepted has at most half as many. */
const MAX_ITEMS = 64 * 1024;

const KEY = { bytes: 256, items: 1 };

/** Maximum members of an object or entries of a list; a page of the queue has 1000. */
const MAX_MEMBERS = 1000;

/** Stands for a value that is too large to be parsed. */
export class LargeValue {
  /** @param buildername of a payload; it identifies whose task it is */
  constructor(readonly buildername?: unknown) {}
}

/** The values of an answer are too many to be kept together. */
export class TooMuchJson extends Error {}

/** Parts of the queue's replies that are read member by member, however large they are. */
const CONTAINERS = new Set(['tasks', 'statuses', 'task']);

const BUILDERNAME = Buffer.from('"buildername":');

/**
 * Reads the JSON of a large reply value by value while it arrives. Values that are too large are neither kept nor parsed:
 * a {@link LargeValue} replaces them. So memory and the work on one part are bounded, whatever the size of the reply.
 */
export class LargeJsonReader {
  private readonly scanner = new JsonScanner();
  private readonly scan: Scan<unknown>;
  private result: { value: unknown } | undefined;
  private kept = 0;

  constructor(private readonly sizes: KeptSizes = DEFAULT_SIZES) {
    this.scan = this.readAll();
  }

  /**
   * Takes the next part.
   *
   * @throws SyntaxError when it is not JSON, or has more members or entries than a reply of the queue can have
   * @throws TooMuchJson
   */
  push(part: Buffer): void {
    this.scanner.feed(part);
    this.advance();
  }

  /** The value, after the last part. @throws SyntaxError when the text is not complete */
  end(): unknown {
    this.scanner.feed(undefined);
    this.advance();
    if (!this.result) throw new SyntaxError('the text ends within a value');
    return this.result.value;
  }

  private advance(): void {
    const { done, value } = this.scan.next();
    if (done) this.result ??= { value };
  }

  private *readAll(): Scan<unknown> {
    const value = yield* this.readContainer();
    if ((yield* this.scanner.peek()) !== '') throw new SyntaxError('more than one value');
    return value;
  }

  private *readContainer(): Scan<unknown> {
    const first = yield* this.scanner.peek();
    if (first === '{') return yield* this.readObject();
    return first === '[' ? yield* this.readList() : yield* this.readValue();
  }

  private *readObject(): Scan<Record<string, unknown>> {
    const object: Record<string, unknown> = {};
    const { scanner } = this;
    const readMember = () => this.readMember(object);
    yield* eachItem(scanner, '{', '}', readMember);
    return object;
  }

  private *readMember(object: Record<string, unknown>): Scan<void> {
    const { text } = yield* this.scanner.skip(KEY);
    const key: unknown = text === undefined ? undefined : JSON.parse(text);
    if (typeof key !== 'string') throw new SyntaxError('a key that is too long, or none');
    yield* this.scanner.take(':');
    const value = CONTAINERS.has(key) ? yield* this.readContainer() : yield* this.readValue();
    if (key !== '__proto__') object[key] = value;
  }

  private *readList(): Scan<unknown[]> {
    const list: unknown[] = [];
    const readEntry = () => this.readEntry(list);
    yield* eachItem(this.scanner, '[', ']', readEntry);
    return list;
  }

  private *readEntry(list: unknown[]): Scan<void> {
    list.push(yield* this.readContainer());
  }

  private *readValue(): Scan<unknown> {
    const limits = { bytes: this.sizes.value, items: MAX_ITEMS };
    const { text, member } = yield* this.scanner.skip(limits, BUILDERNAME);
    if (text === undefined) return new LargeValue(member === undefined ? undefined : JSON.parse(member));
    this.kept += text.length;
    if (this.kept > this.sizes.all) throw new TooMuchJson(`more than ${this.sizes.all} bytes`);
    return JSON.parse(text) as unknown;
  }
}

function* eachItem(
  scanner: JsonScanner,
  opening: string,
  closing: string,
  read: () => Scan<void>,
): Scan<void> {
  yield* scanner.take(opening);
  if ((yield* scanner.peek()) === closing) return yield* scanner.take(closing);
  for (let count = 1; count <= MAX_MEMBERS; count++) {
    yield* read();
    if ((yield* scanner.peek()) === closing) return yield* scanner.take(closing);
    yield* scanner.take(',');
  }
  throw new SyntaxError(`more than ${MAX_MEMBERS} members`);
}
