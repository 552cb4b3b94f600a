import { Redactor } from './redactor.js';
import { serialiseError } from './serialise-error.js';

/** Characters of a field at most. */
export const LONGEST_FIELD = 1024;

const MASK = '[secret]';
const DEEPEST = 6;
const MOST_ITEMS = 100;

/** A secret that begins before this cannot be shown: the field ends long before. */
const LOOKED_AT = 16 * LONGEST_FIELD;

const USER_IN_URL = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi;
const TELLING_NAME = /^(?:.*(?:password|passwd|secret|access_?token)|authorization|certificate)$/i;

/** Makes values fit for a log: without secrets, without accounts in URLs, of bounded size. */
export class Sanitiser {
  private readonly redactor: Redactor;

  constructor(
    secrets: readonly string[],
    private readonly withStacks: boolean,
  ) {
    this.redactor = new Redactor(secrets);
  }

  text(given: string): string {
    const result = this.redactor.text(given.slice(0, LOOKED_AT));
    return capped(result.replace(USER_IN_URL, '$1'));
  }

  fields(given: object): Record<string, unknown> {
    return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, this.field(name, value)]));
  }

  private field(name: string, value: unknown): unknown {
    const clean = this.named(name, value, 0);
    if (typeof clean !== 'object' || clean === null) return clean;
    if (value instanceof Error) return clean;
    const text = JSON.stringify(clean);
    return text.length > LONGEST_FIELD ? capped(text) : clean;
  }

  private named(name: string, value: unknown, depth: number): unknown {
    return TELLING_NAME.test(name) && typeof value === 'string' ? MASK : this.value(value, depth);
  }

  private value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= DEEPEST) return '[...]';
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Error) return this.value({ ...serialiseError(value, this.withStacks) }, depth);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => this.value(item, depth + 1));
    if (value instanceof Set || value instanceof Map) return this.value([...value], depth);
    const entries = Object.entries(value).slice(0, MOST_ITEMS);
    return Object.fromEntries(
      entries.map(([name, item]) => [this.text(name), this.named(name, item, depth + 1)]),
    );
  }
}

function capped(text: string): string {
  return text.length > LONGEST_FIELD ? `${text.slice(0, LONGEST_FIELD)}[...]` : text;
}
