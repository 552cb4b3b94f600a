import { DataSource, type DataSourceOptions, type QueryRunner, type ReplicationMode } from 'typeorm';
import { isReadOnly } from '../errors/errors.js';

/** Connections that must not go back to the pool, by TypeORM's handle of them. */
const discarded = new WeakSet<QueryRunner>();

/** Marks a connection to be closed when it is released, instead of returned to the pool. */
export function discardConnection(runner: QueryRunner): void {
  discarded.add(runner);
}

/**
 * A DataSource with a time limit for each query. A connection is closed instead of returned to the pool when a query
 * timed out on it (a server that lost power, or a firewall that dropped the connection, does not answer at all), and
 * when its server turned read-only (after a switch-over it is still connected to the old server). This holds for every
 * statement, TypeORM's own included. SQLite needs neither.
 */
export class BoundedDataSource extends DataSource {
  /** @param patience maximum seconds for one round trip to the server; unlimited by default */
  constructor(
    options: DataSourceOptions,
    private readonly patience = Infinity,
  ) {
    super(options);
  }

  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    return this.options.type === 'better-sqlite3' ? runner : limitQueries(runner, this.patience);
  }
}

function limitQueries(runner: QueryRunner, patience: number): QueryRunner {
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
  const release = runner.release.bind(runner);
  return Object.assign(runner, {
    async query(...args: unknown[]): Promise<unknown> {
      if (discarded.has(runner)) throw createError('the connection was given up', 'ECONNRESET');
      // Opening a connection has a time limit of its own.
      await runner.connect();
      try {
        return await limitTime(query(...args), patience, () => discardConnection(runner));
      } catch (error) {
        if (isReadOnly(error)) discardConnection(runner);
        throw error;
      }
    },
    async release(): Promise<void> {
      if (discarded.has(runner) && !runner.isReleased) await closeConnection(runner);
      await release();
    },
  });
}

/** Closes a connection; the server then releases its locks and rolls its transactions back. */
async function closeConnection(runner: QueryRunner): Promise<void> {
  const connection = (await runner.connect()) as {
    destroy?(): void;
    emit(event: 'error', error: Error): void;
  };
  // pg's pool closes a connection that emits an error.
  if (connection.destroy) connection.destroy();
  else connection.emit('error', new Error('connection given up'));
}

/** Limits the time for an answer. The drivers' own limits leave timers behind when a connection is lost. */
async function limitTime<T>(answer: Promise<T>, patience: number, onLate: () => void): Promise<T> {
  if (patience === Infinity) return answer;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onLate();
      reject(createError('no answer from the database in time', 'ETIMEDOUT'));
    }, patience * 1000);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function createError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
