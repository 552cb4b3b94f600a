import { expect, it } from '@jest/globals';
import { createDatabase, DATABASE_KINDS, isUsable } from '../../../test/support/databases.js';
import { installSchedulerSchema } from '../../../test/support/scheduler-schema.js';
import { describeEach } from '../../../test/support/servers.js';
import { SchedulerConnection } from './connection.js';
import { createSchedulerSchema } from './schema.js';

const COLUMNS = {
  sqlite: `SELECT m.name AS tab, p.name AS col, p.type AS kind, p."notnull" AS needed, p.dflt_value AS preset
      FROM sqlite_master m JOIN pragma_table_info(m.name) p
      WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'`,
  mysql: `SELECT TABLE_NAME AS tab, COLUMN_NAME AS col, COLUMN_TYPE AS kind, IS_NULLABLE AS needed,
        COLUMN_DEFAULT AS preset
      FROM information_schema.columns WHERE table_schema = DATABASE()`,
  postgres: `SELECT table_name AS tab, column_name AS col, data_type || COALESCE(character_maximum_length, 0) AS kind,
        is_nullable AS needed, column_default AS preset
      FROM information_schema.columns WHERE table_schema = 'public'`,
};

interface Column {
  tab: string;
  col: string;
  kind: string;
  needed: number | string;
  preset: string | null;
}

async function readColumns(url: string): Promise<Column[]> {
  const connection = await SchedulerConnection.open(url);
  try {
    return await connection.read((statements) => statements.rows<Column>(COLUMNS[statements.dialect]));
  } finally {
    await connection.close();
  }
}

/** `DEFAULT NULL` and no default are the same; so are the ways to write an id. */
function described({ tab, col, kind, needed, preset }: Column): string {
  if (col === 'id') return `${tab}.id`;
  return [`${tab}.${col}`, kind, needed, /^NULL/.test(preset ?? 'NULL') ? null : preset].join(' ');
}

const CASES = DATABASE_KINDS.flatMap((kind) => ([6, 24] as const).map((version) => [kind, version] as const));

describeEach(CASES, isUsable)('the tables on %s of schema %i', (kind, version) => {
  it('have the columns of the recorded schema', async () => {
    const [made, recorded] = [await createDatabase(kind), await createDatabase(kind)];
    try {
      await createSchedulerSchema(made.url, version);
      await installSchedulerSchema(recorded, version);
      const ours = await readColumns(made.url);
      const tables = new Set(ours.map(({ tab }) => tab));
      const theirs = (await readColumns(recorded.url)).filter(({ tab }) => tables.has(tab));
      expect(tables.size).toBeGreaterThan(7);
      expect(ours.map(described).sort()).toEqual(theirs.map(described).sort());
    } finally {
      await made.drop();
      await recorded.drop();
    }
  });
});
