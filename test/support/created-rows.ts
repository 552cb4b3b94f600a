import type { Sandbox } from '../../sandbox/sandbox.js';

type Row = Record<string, unknown>;

/** The rows of one request, as they stand in a scheduler database, without the ids that connect them. */
export interface CreatedRows {
  buildset: Row;
  sourcestamp: Row;
  /** Value and source, by name. */
  properties: Record<string, unknown>;
  request: Row;
  /** Rows of schema 24's table of claims. */
  claims: number;
}

/** Reads them past the bridge. */
export async function readCreatedRows(sandbox: Sandbox, buildRequestId: number): Promise<CreatedRows> {
  const { schema } = sandbox.options;
  return sandbox.scheduler.read(async (statements) => {
    const one = async (sql: string, id: unknown = buildRequestId) =>
      (await statements.rows<Row>(sql, [id as number]))[0]!;
    const claimed = schema === 6 ? ', claimed_at, claimed_by_name' : '';
    const request = await one(
      `SELECT buildername, submitted_at, priority, complete, results${claimed} FROM buildrequests WHERE id = ?`,
    );
    const { buildsetid } = await one('SELECT buildsetid FROM buildrequests WHERE id = ?');
    const link = schema === 6 ? ['id', 'sourcestampid'] : ['sourcestampsetid', 'sourcestampsetid'];
    const properties = await statements.rows<{ property_name: string; property_value: string }>(
      'SELECT property_name, property_value FROM buildset_properties WHERE buildsetid = ?',
      [buildsetid as number],
    );
    const claims =
      schema === 6
        ? { count: 0 }
        : await one('SELECT COUNT(*) AS count FROM buildrequest_claims WHERE brid = ?');
    return {
      request,
      buildset: await one(
        'SELECT reason, external_idstring, submitted_at, complete, results FROM buildsets WHERE id = ?',
        buildsetid,
      ),
      sourcestamp: await one(
        `SELECT branch, revision, repository, project FROM sourcestamps
          WHERE ${link[0]} = (SELECT ${link[1]} FROM buildsets WHERE id = ?)`,
        buildsetid,
      ),
      properties: Object.fromEntries(
        properties.map(({ property_name: name, property_value: pair }) => [
          name,
          JSON.parse(pair) as unknown,
        ]),
      ),
      claims: Number(claims.count),
    };
  });
}
