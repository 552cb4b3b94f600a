type Key = string | number | null;

/** Rows by their id, found quickly by some of their columns. Indexed columns never change. */
export class Table<Row extends object, Id extends keyof Row & string> {
  private readonly byId = new Map<number, Row>();
  private readonly indexes: ReadonlyMap<string, Map<Key, Row[]>>;
  private lastId = 0;

  constructor(
    readonly id: Id,
    indexed: readonly (keyof Row & string)[] = [],
  ) {
    this.indexes = new Map(indexed.map((column) => [column, new Map<Key, Row[]>()]));
  }

  /** @returns the row with its new id */
  insert(row: Omit<Row, Id>): Row {
    const id = ++this.lastId;
    const made = { [this.id]: id, ...row } as unknown as Row;
    this.byId.set(id, made);
    for (const [column, rows] of this.indexes) {
      const key = made[column as keyof Row] as Key;
      const same = rows.get(key);
      if (same) same.push(made);
      else rows.set(key, [made]);
    }
    return made;
  }

  get(id: number): Row | undefined {
    return this.byId.get(id);
  }

  /** @throws Error when there is no such row */
  require(id: number): Row {
    const row = this.byId.get(id);
    if (!row) throw new Error(`there is no row with ${this.id} ${id}`);
    return row;
  }

  all(): Row[] {
    return [...this.byId.values()];
  }

  /** Rows with any of these values in an indexed column, or with these ids, by ascending id; undefined if there is no index. */
  with(column: string, values: readonly Key[]): Row[] | undefined {
    if (column === this.id)
      return [...new Set(values)].flatMap((id) => this.byId.get(id as number) ?? []).sort(this.byIds);
    const index = this.indexes.get(column);
    return index && [...new Set(values)].flatMap((value) => index.get(value) ?? []).sort(this.byIds);
  }

  /** Rows whose indexed column has this value, oldest first. */
  of(column: keyof Row & string, value: Key): readonly Row[] {
    return this.indexes.get(column)!.get(value) ?? [];
  }

  delete(id: number): void {
    const row = this.byId.get(id);
    if (!row) return;
    this.byId.delete(id);
    for (const [column, rows] of this.indexes) {
      const key = row[column as keyof Row] as Key;
      rows.set(
        key,
        rows.get(key)!.filter((other) => other !== row),
      );
    }
  }

  private readonly byIds = (one: Row, other: Row): number =>
    (one[this.id] as number) - (other[this.id] as number);
}
