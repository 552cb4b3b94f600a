import { setImmediate as nextTurn } from 'node:timers/promises';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Bytes that are scanned before the event loop gets a turn. */
export const SLICE = 64 * 1024;

/** Gives the event loop a turn; the argument is the number of bytes scanned since the last one. */
export type Pause = (bytes: number) => Promise<unknown>;

/** Position of a value in the text. */
export interface Found {
  start: number;
  end: number;
  /** Start of the value of the searched member. */
  memberStart?: number;
}

/**
 * Finds the values of a JSON text without parsing them, in slices. It recognises only strings and brackets; whether a
 * value is valid JSON is checked when it is parsed.
 */
export class JsonScanner {
  private at = 0;
  private work = 0;

  constructor(
    private readonly body: Buffer,
    private readonly pause: Pause = () => nextTurn(),
  ) {}

  /** The next character that is not white space; empty at the end. */
  async peek(): Promise<string> {
    while (BLANKS.has(this.body[this.at]!)) {
      this.at++;
      if (++this.work >= SLICE) await this.rest();
    }
    const byte = this.body[this.at];
    return byte === undefined ? '' : String.fromCharCode(byte);
  }

  /** @throws SyntaxError when the next character is another one */
  async take(expected: string): Promise<void> {
    if ((await this.peek()) !== expected) throw new SyntaxError(`no ${expected} at byte ${this.at}`);
    this.at++;
  }

  /**
   * Moves past the next value.
   *
   * @param member key with its quotes and colon, to search among the value's own members
   * @throws SyntaxError when the value does not end
   */
  async skip(member?: Buffer): Promise<Found> {
    await this.peek();
    const state = { found: { start: this.at, end: 0 } as Found, depth: 0, isInText: false, member };
    while (!this.isPast(state)) await this.rest();
    return { ...state.found, end: this.at };
  }

  goTo(position: number): void {
    this.at = position;
  }

  /** @throws SyntaxError */
  async parse({ start, end }: Found): Promise<unknown> {
    this.work += end - start;
    if (this.work >= SLICE) await this.rest();
    return JSON.parse(this.body.toString('utf8', start, end));
  }

  private async rest(): Promise<void> {
    const { work } = this;
    this.work = 0;
    await this.pause(work);
  }

  /** Scans up to one slice; returns whether the end of the value was reached. */
  private isPast(state: {
    found: Found;
    depth: number;
    isInText: boolean;
    member: Buffer | undefined;
  }): boolean {
    const { body } = this;
    for (; this.work < SLICE; this.work++) {
      const byte = body[this.at];
      const isOutside = !state.isInText && state.depth === 0;
      if (isOutside && (byte === undefined || isDelimiter(byte))) return true;
      if (byte === undefined) throw new SyntaxError('the text ends within a value');
      if (state.isInText) {
        if (byte === BACKSLASH) this.at++;
        else if (byte === QUOTE) state.isInText = false;
      } else if (byte === QUOTE) {
        state.isInText = true;
        if (state.depth === 1 && state.member && this.isAt(state.member)) {
          state.found.memberStart = this.at + state.member.length;
        }
      } else if (isOpening(byte)) state.depth++;
      else if (isClosing(byte)) state.depth--;
      this.at++;
      if (state.depth === 0 && !state.isInText && (byte === QUOTE || isClosing(byte))) return true;
    }
    return false;
  }

  private isAt(member: Buffer): boolean {
    return (
      this.body[this.at + 1] === member[1] &&
      this.body.subarray(this.at, this.at + member.length).equals(member)
    );
  }
}

function isOpening(byte: number): boolean {
  return byte === 0x7b || byte === 0x5b;
}

function isClosing(byte: number): boolean {
  return byte === 0x7d || byte === 0x5d;
}

function isDelimiter(byte: number): boolean {
  return byte === COMMA || isClosing(byte) || BLANKS.has(byte);
}
