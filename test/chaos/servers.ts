import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/**
 * Has the database server end connections, as an operator or a timeout does.
 *
 * @param ports by which the server knows them
 * @returns how many it ended
 */
export async function killSessions(serverUrl: string, ports: readonly number[]): Promise<number> {
  if (ports.length === 0) return 0;
  if (serverUrl.startsWith('postgres')) {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    try {
      const ended = await client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = ANY($1::int[])',
        [ports],
      );
      return ended.rowCount ?? 0;
    } finally {
      await client.end();
    }
  }
  const connection = await createConnection(serverUrl);
  try {
    const [rows] = await connection.query(
      "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE SUBSTRING_INDEX(HOST, ':', -1) IN (?)",
      [ports],
    );
    let killed = 0;
    // One may have ended by itself meanwhile.
    for (const { id } of rows as { id: number }[]) {
      await connection.query(`KILL ${id}`).then(
        () => killed++,
        () => undefined,
      );
    }
    return killed;
  } finally {
    await connection.end();
  }
}

/**
 * Has the broker close connections with the reason that an operator gives.
 *
 * @param ports by which the broker knows them
 * @returns how many it closed
 */
export async function closeConnections(ports: readonly number[]): Promise<number> {
  const { stdout } = await rabbitmqctl('list_connections', 'pid', 'peer_port');
  const ours = stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, port]) => ports.includes(Number(port)))
    .map(([pid]) => pid!);
  const closings = ours.map((pid) => rabbitmqctl('close_connection', pid, 'chaos'));
  const results = await Promise.allSettled(closings);
  return results.filter(({ status }) => status === 'fulfilled').length;
}

const run = promisify(execFile);

function rabbitmqctl(...parameters: string[]): Promise<{ stdout: string }> {
  return run('rabbitmqctl', ['-q', ...parameters], { encoding: 'utf8' });
}
