import type { DataSource, EntityMetadata } from 'typeorm';

type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
type Service = 'tc-listener' | 'bb-listener' | 'reflector';

const EVERYONE: readonly Service[] = ['tc-listener', 'bb-listener', 'reflector'];
const LISTENERS: readonly Service[] = ['tc-listener', 'bb-listener'];
const REFLECTOR: readonly Service[] = ['reflector'];

/** What each service does with each table, as docs/least-privilege.md grants it. */
const RIGHTS: readonly [table: string, services: readonly Service[], rights: readonly Right[]][] = [
  ['tasks', EVERYONE, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  ['messages', LISTENERS, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  ['messages', REFLECTOR, ['SELECT']],
  ['bridge_turns', REFLECTOR, ['SELECT', 'INSERT', 'UPDATE']],
  ['bridge_walks', REFLECTOR, ['SELECT', 'INSERT', 'UPDATE']],
  ['bridge_passes', EVERYONE, ['SELECT']],
  ['bridge_passes', REFLECTOR, ['INSERT', 'UPDATE']],
  ['bridge_pauses', EVERYONE, ['SELECT']],
  ['bridge_instances', EVERYONE, ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  ['bridge_journal', EVERYONE, ['INSERT']],
  ['bridge_journal', REFLECTOR, ['SELECT', 'DELETE']],
];

/**
 * Tries for each table of the migrated bridge database what services do with it, with statements that change nothing.
 *
 * @returns the rights that were refused, by table; all of them where the server is read-only
 */
export async function findMissingRights(
  source: DataSource,
  services: readonly Service[],
): Promise<Map<string, Right[]>> {
  const missing = new Map<string, Right[]>();
  for (const [table, users, rights] of RIGHTS) {
    if (!users.some((user) => services.includes(user))) continue;
    const metadata = source.entityMetadatas.find(({ tableName }) => tableName === table)!;
    for (const right of rights)
      await source
        .query(createHarmlessStatement(source, metadata, right))
        .catch(() => missing.set(table, [...(missing.get(table) ?? []), right]));
  }
  return missing;
}

/** Concerns no row. A listener may insert into the journal without reading it, so nothing is selected from there. */
function createHarmlessStatement(
  source: DataSource,
  { tableName, columns }: EntityMetadata,
  right: Right,
): string {
  const names = columns
    .filter(({ isGenerated }) => !isGenerated)
    .map(({ databaseName }) => source.driver.escape(databaseName));
  const last = names.at(-1)!;
  switch (right) {
    case 'SELECT':
      return `SELECT 1 FROM ${tableName} WHERE 1 = 0`;
    case 'INSERT':
      return `INSERT INTO ${tableName} (${names.join(', ')}) SELECT ${names.map(() => 'NULL').join(', ')} FROM tasks WHERE 1 = 0`;
    case 'UPDATE':
      return `UPDATE ${tableName} SET ${last} = ${last} WHERE 1 = 0`;
    case 'DELETE':
      return `DELETE FROM ${tableName} WHERE 1 = 0`;
  }
}
