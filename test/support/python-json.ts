/**
 * `json.loads` of the Pythons that ran Buildbot 0.8 (2.5 to 2.7), as strict as the strictest of them: Python 2.6 with
 * wide characters refuses half a surrogate pair, later ones do not.
 *
 * @throws SyntaxError where Python raises ValueError
 */
export function pythonLoads(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value();
  reader.end();
  return value;
}

const CONSTANTS: Record<string, unknown> = {
  true: true,
  false: false,
  null: null,
  NaN,
  Infinity,
  '-Infinity': -Infinity,
};
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  value(): unknown {
    this.space();
    const next = this.text[this.at];
    if (next === '"') return this.string();
    if (next === '[') return this.list();
    if (next === '{') return this.dictionary();
    const constant = this.take(/-?Infinity|NaN|true|false|null/y);
    if (constant !== '') return CONSTANTS[constant];
    const number = this.take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y);
    if (number === '') throw this.error('No JSON object could be decoded');
    return Number(number);
  }

  end(): void {
    this.space();
    if (this.at !== this.text.length) throw this.error('Extra data');
  }

  private string(): string {
    let result = '';
    for (this.at++; ;) {
      // eslint-disable-next-line no-control-regex -- JSON's strings have none
      result += this.take(/[^"\\\0-\x1f]*/y);
      const next = this.text[this.at++];
      if (next === '"') return result;
      if (next === undefined) throw this.error('Unterminated string');
      if (next !== '\\') throw this.error('Invalid control character');
      const escape = this.text[this.at++] ?? '';
      result += escape === 'u' ? this.unit() : this.simple(escape);
    }
  }

  private simple(escape: string): string {
    const character = ESCAPES[escape];
    if (character === undefined) throw this.error('Invalid \\escape');
    return character;
  }

  private unit(): string {
    const high = this.four();
    if (high < 0xd800 || high > 0xdfff) return String.fromCharCode(high);
    if (high > 0xdbff || this.take(/\\u/y) === '') throw this.error('Unpaired surrogate');
    const low = this.four();
    if (low < 0xdc00 || low > 0xdfff) throw this.error('Unpaired surrogate');
    return String.fromCharCode(high, low);
  }

  private four(): number {
    const digits = this.take(/[0-9a-fA-F]{4}/y);
    if (digits === '') throw this.error('Invalid \\uXXXX escape');
    return Number.parseInt(digits, 16);
  }

  private list(): unknown[] {
    const items: unknown[] = [];
    this.at++;
    if (this.closes(']')) return items;
    for (;;) {
      items.push(this.value());
      if (this.closes(']')) return items;
      this.comma();
    }
  }

  private dictionary(): Map<string, unknown> {
    const entries = new Map<string, unknown>();
    this.at++;
    if (this.closes('}')) return entries;
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') throw this.error('Expecting property name');
      const name = this.string();
      this.space();
      if (this.take(/:/y) === '') throw this.error('Expecting : delimiter');
      entries.set(name, this.value());
      if (this.closes('}')) return entries;
      this.comma();
    }
  }

  private closes(bracket: string): boolean {
    this.space();
    if (this.text[this.at] !== bracket) return false;
    this.at++;
    return true;
  }

  private comma(): void {
    if (this.take(/,/y) === '') throw this.error('Expecting , delimiter');
  }

  private space(): void {
    this.take(/[ \t\n\r]*/y);
  }

  private take(expression: RegExp): string {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private error(what: string): SyntaxError {
    return new SyntaxError(`${what} at ${this.at}`);
  }
}
