import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { findFreePort } from '../../sandbox/services.js';
import type { Certificates } from './certificates.js';
import { postgresAccount, postgresPrograms } from './global-setup.js';

/** A PostgreSQL server with settings that a shared one cannot be given. */
export class OwnPostgres {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  /** @param tls what it encrypts with; without it, it does not */
  static async start(tls?: Certificates): Promise<OwnPostgres> {
    const account = postgresAccount()!;
    const programs = postgresPrograms()!;
    const own = (path: string) => chown(path, account.uid, account.gid);
    const folder = await mkdtemp(join(tmpdir(), 'bbb-postgres-'));
    const data = join(folder, 'data');
    await mkdir(data, { mode: 0o700 });
    await Promise.all([own(folder), own(data)]);
    await promisify(execFile)(
      join(programs, 'initdb'),
      ['--pgdata', data, '--username=bridge', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'],
      { cwd: folder, ...account },
    );
    const encrypted = ['-c', 'ssl=on'];
    for (const name of tls ? (['key', 'cert'] as const) : []) {
      // The server wants to own its key.
      const copy = join(folder, `${name}.pem`);
      await copyFile(tls![name], copy);
      await own(copy);
      encrypted.push('-c', `ssl_${name}_file=${copy}`);
    }
    const port = await findFreePort();
    const child = spawn(
      join(programs, 'postgres'),
      [
        ...['-D', data, '-p', String(port), '-k', folder, '-F'],
        ...['-c', 'listen_addresses=127.0.0.1', '-c', 'shared_buffers=8MB'],
        ...(tls ? encrypted : []),
      ],
      { stdio: 'ignore', cwd: folder, ...account },
    );
    const server = new OwnPostgres(folder, child, port);
    await server.ready();
    return server;
  }

  url(database: string): string {
    return `postgresql://bridge@localhost:${this.port}/${database}`;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      // Not SIGKILL: that would leave its shared memory behind.
      this.child.kill('SIGQUIT');
      await once(this.child, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async ready(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (this.child.exitCode !== null) throw new Error(`postgres ended with ${this.child.exitCode}`);
      const client = new pg.Client({ connectionString: this.url('postgres') });
      const answers = await client.connect().then(
        () => true,
        () => false,
      );
      if (answers) return client.end();
      await sleep(100);
    }
    throw new Error('postgres does not answer');
  }
}
