import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { findFreePort } from '../../sandbox/services.js';

/** A MariaDB server with settings that a shared one cannot be given. */
export class OwnMariadb {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  /** @param options of the server, for example `--sql-mode=` */
  static async start(...options: string[]): Promise<OwnMariadb> {
    const folder = await mkdtemp(join(tmpdir(), 'bbb-mariadb-'));
    const port = await findFreePort();
    const user = `--user=${userInfo().username}`;
    // A starting server clears its folder for temporary tables, other servers' tables in it too.
    const temporary = `--tmpdir=${folder}`;
    const data = `--datadir=${join(folder, 'data')}`;
    await promisify(execFile)('mariadb-install-db', [
      '--no-defaults',
      data,
      temporary,
      user,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]);
    const child = spawn(
      'mariadbd',
      [
        '--no-defaults',
        data,
        temporary,
        user,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--socket=${join(folder, 'socket')}`,
        `--pid-file=${join(folder, 'pid')}`,
        '--innodb-buffer-pool-size=8M',
        ...options,
      ],
      { stdio: 'ignore' },
    );
    const server = new OwnMariadb(folder, child, port);
    await server.ready();
    return server;
  }

  url(database: string): string {
    return `mysql://root@127.0.0.1:${this.port}/${database}`;
  }

  async createDatabase(name: string): Promise<string> {
    const connection = await createConnection(this.url('mysql'));
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    await connection.end();
    return this.url(name);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async ready(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (this.child.exitCode !== null) throw new Error(`mariadbd ended with ${this.child.exitCode}`);
      const connection = await createConnection(this.url('mysql')).catch(() => undefined);
      if (connection) return void (await connection.end());
      await sleep(100);
    }
    throw new Error('mariadbd does not answer');
  }
}
