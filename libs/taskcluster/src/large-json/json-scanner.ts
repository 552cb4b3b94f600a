const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** What is kept of a value. */
export interface ValueLimits {
  /** Maximum bytes of a value that is kept. */
  bytes: number;
  /** Maximum values within it: small ones take many times their bytes when they are parsed. */
  items: number;
}

/** A value of the text. */
export interface Found {
  /** Its text; undefined when it exceeds the limits. */
  text?: string;
  /** The text of the searched member's value, also of a value that exceeds the limits. */
  member?: string;
}

/** Suspends the scanner until the next part of the text is there. */
export type Scan<T> = Generator<undefined, T, undefined>;

interface Value extends Found {
  start: number;
  depth: number;
  items: number;
  isInText: boolean;
  /** Start of the searched member's value while that is scanned. */
  memberStart?: number;
}

/**
 * Finds the values of a JSON text that comes in parts, without keeping more of it than the limits allow. It recognises
 * only strings and brackets; whether a value is valid JSON is checked when it is parsed. Each method is a generator that
 * yields when it needs the next part.
 */
export class JsonScanner {
  /** Bytes that may still be needed; positions are those in the whole text. */
  private window: Buffer = Buffer.alloc(0);
  private base = 0;
  private at = 0;
  private keepFrom: number | undefined;
  private isEnded = false;

  /** Takes the next part; undefined ends the text. */
  feed(part: Buffer | undefined): void {
    if (!part) {
      this.isEnded = true;
      return;
    }
    const from = Math.min(this.keepFrom ?? this.at, this.at, this.end);
    const rest = this.window.subarray(from - this.base);
    this.window = rest.length === 0 ? part : Buffer.concat([rest, part]);
    this.base = from;
  }

  /** The next character that is not white space; empty at the end. */
  *peek(): Scan<string> {
    for (;;) {
      while (this.at < this.end && BLANKS.has(this.byte())) this.at++;
      if (this.at < this.end) return String.fromCharCode(this.byte());
      if (this.isEnded) return '';
      yield;
    }
  }

  /** @throws SyntaxError when the next character is another one */
  *take(expected: string): Scan<void> {
    if ((yield* this.peek()) !== expected) throw new SyntaxError(`no ${expected} at byte ${this.at}`);
    this.at++;
  }

  /**
   * Moves past the next value.
   *
   * @param member key with its quotes and colon, to search among the value's own members
   * @throws SyntaxError when the value does not end
   */
  *skip(limits: ValueLimits, member?: Buffer): Scan<Found> {
    yield* this.peek();
    const value: Value = { start: this.at, depth: 0, items: 0, isInText: false };
    for (;;) {
      const isPast = this.isPast(value, limits, member);
      const fits = this.at - value.start <= limits.bytes && value.items <= limits.items;
      const memberFrom = this.memberFrom(value, limits);
      this.keepFrom = fits ? value.start : memberFrom;
      if (isPast) {
        if (fits) value.text = this.textBetween(value.start, this.at);
        this.keepFrom = undefined;
        return value;
      }
      if (this.isEnded) throw new SyntaxError('the text ends within a value');
      yield;
    }
  }

  private get end(): number {
    return this.base + this.window.length;
  }

  private byte(): number {
    return this.window[this.at - this.base]!;
  }

  private textBetween(start: number, end: number): string {
    return this.window.toString('utf8', start - this.base, end - this.base);
  }

  private memberFrom({ memberStart }: Value, { bytes }: ValueLimits): number | undefined {
    return memberStart !== undefined && this.at - memberStart <= bytes ? memberStart : undefined;
  }

  /** Scans what is there of a value; returns whether its end was reached. */
  private isPast(value: Value, limits: ValueLimits, member: Buffer | undefined): boolean {
    for (; this.at < this.end; this.at++) {
      const byte = this.byte();
      if (value.isInText) {
        if (byte === BACKSLASH) this.at++;
        else if (byte === QUOTE) {
          value.isInText = false;
          if (value.depth === 0) return this.pass();
        }
        continue;
      }
      if (value.depth === 0 && isDelimiter(byte)) return true;
      if (byte === QUOTE) {
        if (member && value.depth === 1 && value.memberStart === undefined) {
          if (!this.isEnded && this.end - this.at < member.length) return false;
          if (this.isAt(member)) {
            this.at += member.length - 1;
            value.memberStart = this.at + 1;
            continue;
          }
        }
        value.isInText = true;
      } else if (byte === COMMA) {
        value.items++;
        this.endMember(value, limits);
      } else if (isOpening(byte)) {
        value.items++;
        value.depth++;
      } else if (isClosing(byte)) {
        this.endMember(value, limits);
        value.depth--;
        if (value.depth === 0) return this.pass();
      }
    }
    return this.isEnded && value.depth === 0 && !value.isInText;
  }

  private pass(): true {
    this.at++;
    return true;
  }

  /** At a comma or bracket: whether it ends the searched member's value, which is then kept if it fits. */
  private endMember(value: Value, limits: ValueLimits): void {
    if (value.memberStart === undefined || value.depth !== 1) return;
    const from = this.memberFrom(value, limits);
    value.member = from === undefined ? undefined : this.textBetween(from, this.at);
    value.memberStart = undefined;
  }

  private isAt(member: Buffer): boolean {
    const from = this.at - this.base;
    return (
      this.window[from + 1] === member[1] && this.window.subarray(from, from + member.length).equals(member)
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
