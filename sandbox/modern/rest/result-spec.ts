import type { Table } from '../database/table.js';
import { RestError } from './answers.js';

type Row = Record<string, unknown>;
type Kind = 'integer' | 'string' | 'boolean' | 'list';

/** The fields of a collection that a query may name. */
export type Fields = Readonly<Record<string, Kind>>;

interface Filter {
  name: string;
  operator: string;
  values: unknown[];
}

const OPERATORS: Record<string, (value: unknown, given: unknown[]) => boolean> = {
  eq: (value, given) => given.includes(value),
  ne: (value, given) => !given.includes(value),
  in: (value, given) => given.includes(value),
  notin: (value, given) => !given.includes(value),
  lt: (value, [given]) => (value as number) < (given as number),
  le: (value, [given]) => (value as number) <= (given as number),
  gt: (value, [given]) => (value as number) > (given as number),
  ge: (value, [given]) => (value as number) >= (given as number),
  contains: (value, [given]) => String(value).includes(String(given)),
};

/** Words that are no filters. */
const OTHERS = new Set(['field', 'order', 'limit', 'offset', 'property']);

/** The query of a collection: filters, order, page, fields. */
export class ResultSpec {
  private readonly filters: Filter[];
  private readonly order: string[];
  private readonly selected: string[];

  /** @throws RestError 400 for what the collection does not have */
  constructor(
    readonly fields: Fields,
    private readonly query: URLSearchParams,
  ) {
    const names = [...new Set(query.keys())].filter((name) => !OTHERS.has(name));
    this.filters = names.map((parameter) => {
      const [name, operator = 'eq'] = parameter.split('__') as [string, string?];
      if (!Object.hasOwn(fields, name) || !Object.hasOwn(OPERATORS, operator))
        throw new RestError(400, `unrecognized query parameter '${parameter}'`);
      return {
        name,
        operator,
        values: query.getAll(parameter).map((text) => parse(text, fields[name]!, name)),
      };
    });
    this.order = query.getAll('order');
    this.selected = query.getAll('field');
    const used = [
      ...this.filters.map(({ name }) => name),
      ...this.order.map((name) => name.replace(/^-/, '')),
    ];
    const unknown = [...this.selected, ...used].find((name) => !Object.hasOwn(fields, name));
    if (unknown !== undefined) throw new RestError(400, `no such field '${unknown}'`);
    if (this.selected.length > 0 && !used.every((name) => this.selected.includes(name)))
      throw new RestError(400, 'cannot filter or order by fields that are not selected');
  }

  get properties(): string[] {
    return this.query.getAll('property');
  }

  /** Some endpoints read some filters by themselves. @returns the values of a filter, which is ignored from now on */
  take(name: string): unknown[] {
    const index = this.filters.findIndex((filter) => filter.name === name && filter.operator === 'eq');
    return index < 0 ? [] : this.filters.splice(index, 1)[0]!.values;
  }

  /** The rows of a table that match, found through an index where there is one. */
  select<R extends object>(table: Table<R, keyof R & string>): R[] {
    for (const { name, operator, values } of this.filters) {
      if (operator !== 'in' && operator !== 'eq') continue;
      const found = table.with(name, values as number[]);
      if (found) return found;
    }
    return table.all();
  }

  apply(rows: readonly object[]): object[] {
    const found = (rows as Row[]).filter((row) =>
      this.filters.every(({ name, operator, values }) => OPERATORS[operator]!(row[name], values)),
    );
    for (const key of this.order.toReversed()) {
      const name = key.replace(/^-/, '');
      const sign = key.startsWith('-') ? -1 : 1;
      found.sort((one, other) => sign * compare(one[name], other[name]));
    }
    const offset = Number(this.query.get('offset') ?? 0);
    const limit = Number(this.query.get('limit') ?? Infinity);
    return found.slice(offset, offset + limit);
  }

  /** The fields that were asked for. */
  project(row: object): object {
    if (this.selected.length === 0) return row;
    return Object.fromEntries(this.selected.map((name) => [name, (row as Row)[name]]));
  }
}

function parse(text: string, kind: Kind, name: string): unknown {
  if (kind === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  if (kind === 'boolean' && /^(0|1|true|false|on|off|yes|no)$/i.test(text))
    return /^(1|true|on|yes)$/i.test(text);
  if (kind === 'string' || kind === 'list') return text;
  throw new RestError(400, `invalid value '${text}' for field '${name}'`);
}

function compare(one: unknown, other: unknown): number {
  if (one === other) return 0;
  return (one as number) < (other as number) ? -1 : 1;
}
