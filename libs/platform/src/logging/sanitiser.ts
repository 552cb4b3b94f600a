import type { Redactor } from './redactor.js';
import { removeAccounts } from './accounts.js';
import { serialiseError } from './serialise-error.js';

/** Maximum characters of a field. */
export const MAX_FIELD_LENGTH = 1024;

const MASK = '[secret]';
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;

/** Maximum values within one field; a field of maximum length cannot show more. */
const MAX_VALUES = MAX_FIELD_LENGTH;

/** Maximum characters of a text that are searched for secrets; the field is truncated long before. */
const SEARCHED_LENGTH = 16 * MAX_FIELD_LENGTH;

const TELLING_NAME = /^(?:.*(?:password|passwd|secret|access_?token)|authorization|certificate)$/i;

/** Remaining number of values that may be read within a field. */
interface Budget {
  left: number;
}

/** Prepares values for the log: without secrets, without accounts in URLs, of bounded size. */
export class Sanitiser {
  constructor(
    private readonly redactor: Redactor,
    private readonly withStacks: boolean,
  ) {}

  cleanText(given: string): string {
    const result = this.redactor.text(given.slice(0, SEARCHED_LENGTH));
    return cap(removeAccounts(result));
  }

  cleanFields(given: object): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, this.cleanField(name, value)]),
    );
  }

  private cleanField(name: string, value: unknown): unknown {
    const clean = this.cleanNamed(name, value, 0, { left: MAX_VALUES });
    if (typeof clean !== 'object' || clean === null) return clean;
    if (value instanceof Error) return clean;
    const text = JSON.stringify(clean);
    return text.length > MAX_FIELD_LENGTH ? cap(text) : clean;
  }

  private cleanNamed(name: string, value: unknown, depth: number, budget: Budget): unknown {
    return TELLING_NAME.test(name) && typeof value === 'string'
      ? MASK
      : this.cleanValue(value, depth, budget);
  }

  private cleanValue(value: unknown, depth: number, budget: Budget): unknown {
    if (--budget.left < 0) return '[...]';
    if (typeof value === 'string') return this.cleanText(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '[...]';
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Error)
      return this.cleanValue({ ...serialiseError(value, this.withStacks) }, depth, budget);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value))
      return value.slice(0, MAX_ITEMS).map((item) => this.cleanValue(item, depth + 1, budget));
    if (value instanceof Set || value instanceof Map) return this.cleanValue([...value], depth, budget);
    const entries = Object.entries(value).slice(0, MAX_ITEMS);
    return Object.fromEntries(
      entries.map(([name, item]) => [this.cleanText(name), this.cleanNamed(name, item, depth + 1, budget)]),
    );
  }
}

function cap(text: string): string {
  return text.length > MAX_FIELD_LENGTH ? `${text.slice(0, MAX_FIELD_LENGTH)}[...]` : text;
}
