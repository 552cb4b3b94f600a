import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from '../../../sandbox/services.js';
import { buildbotHasFrontEnd } from '../global-setup.js';
import { writeFrontEnd } from './front-end.js';
import { createMasterDatabase, type MasterDatabase, type MasterDatabaseKind } from './master-database.js';
import { type Account, MasterRest } from './master-rest.js';
import { killAllInside, OwnProcess } from './own-process.js';
import { RealWorker } from './real-worker.js';
import { inRepository } from './repository.js';

/** What master.cfg reads when the master starts and when it is reconfigured. */
export interface MasterSettings {
  /** New names of builders, by their old ones. */
  renamed?: Record<string, string>;
  /** The workers of builder `moving`. */
  workersOfMoving?: string[];
  /** Whether worker `main` is removed; its builders have `spare` instead. */
  withoutMain?: boolean;
  /** Where reporters post builds and requests. */
  push?: { url: string; secret: string };
  /** Builders `crowd-<number>`, and workers inside the master that serve all of them; each builds one request of each. */
  crowd?: { builders: number; workers: number };
  /** Whether master.cfg raises an error. */
  broken?: boolean;
}

/** What the master's log says at the end of a reconfiguration. */
const LOADED = /configuration update (complete|aborted|partially applied)/g;

/** What the master's log says when it could not write the end of a step; next, it writes the end of the build. */
const NOT_WRITTEN = /build got exception when running step/g;

const ACCOUNT: Account = { user: 'bridge', password: 'a password' };

/** A master with the plugin and one worker process, in a folder and with a database of its own. */
export class RealMaster {
  readonly url: string;
  readonly account = ACCOUNT;
  readonly rest: MasterRest;
  private basedir: string;
  private process: OwnProcess;

  private constructor(
    private readonly folder: string,
    private readonly database: MasterDatabase,
    private readonly ports: { port: number; workerPort: number },
    private readonly env: Record<string, string>,
    readonly worker: RealWorker,
  ) {
    this.url = `http://127.0.0.1:${ports.port}`;
    this.rest = new MasterRest(this.url, ACCOUNT);
    this.basedir = join(folder, 'master');
    this.process = this.processIn(this.basedir);
  }

  /** Makes a master and starts it with its worker. */
  static async start(kind: MasterDatabaseKind, settings: MasterSettings = {}): Promise<RealMaster> {
    const folder = await mkdtemp(join(tmpdir(), 'bbb-buildbot-'));
    const packages = join(folder, 'packages');
    await mkdir(packages);
    if (!buildbotHasFrontEnd()) await writeFrontEnd(packages);
    await copyFile(inRepository('buildbot/bridge_scheduler.py'), join(packages, 'bridge_scheduler.py'));
    const env = { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore' };
    const ports = { port: await findFreePort(), workerPort: await findFreePort() };
    const database = await createMasterDatabase(kind);
    const worker = await RealWorker.create(folder, ports.workerPort, env);
    const master = new RealMaster(folder, database, ports, env, worker);
    try {
      await master.prepare(settings);
      await Promise.all([worker.start(), master.start()]);
      await master.workerIsConnected();
    } catch (error) {
      await master.dispose();
      throw error;
    }
    return master;
  }

  /** Starts it again; resolves when REST answers. */
  async start(): Promise<void> {
    await this.process.start(() => this.answers());
  }

  /** Resolves when the worker process is connected. */
  async workerIsConnected(): Promise<void> {
    await this.process.until(async () => {
      const [worker] = await this.rest.rows('/workers?name=main');
      return worker.connected_to.length > 0;
    });
  }

  /** SIGTERM, the planned stop: running builds are cancelled. */
  stop(): Promise<void> {
    return this.process.end('SIGTERM');
  }

  /** SIGUSR1, the clean stop: ends when the running builds have ended. */
  stopWhenIdle(): void {
    this.process.signal('SIGUSR1');
  }

  ended(): Promise<void> {
    return this.process.ended();
  }

  /** SIGKILL, as in a crash of the machine. */
  kill(): Promise<void> {
    return this.process.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
    await this.workerIsConnected();
  }

  /** Has other settings loaded by SIGHUP; resolves when the master has taken or refused them. */
  async reconfigure(settings: MasterSettings): Promise<void> {
    const before = await this.process.count(LOADED);
    await this.writeSettings(settings);
    this.process.signal('SIGHUP');
    await this.process.until(async () => (await this.process.count(LOADED)) > before);
  }

  /** Copies the stopped master's folder; from now on it runs there. */
  async move(): Promise<void> {
    const other = join(this.folder, 'master-moved');
    await cp(this.basedir, other, { recursive: true });
    this.basedir = other;
    this.process = this.processIn(other);
  }

  /** Changes the master's database past it; not on MariaDB. */
  runSql(statement: string): Promise<void> {
    return this.database.run(statement, this.basedir);
  }

  /** The database takes no writes, until what is returned is called. */
  stopWrites(): Promise<() => Promise<void>> {
    return this.database.stopWrites(this.basedir);
  }

  /** The database's server does not let the master in, until what is returned is called. Only on PostgreSQL. */
  loseDatabase(): Promise<() => Promise<void>> {
    return this.database.goAway();
  }

  async claim(request: number): Promise<void> {
    const [master] = await this.rest.rows('/masters');
    await this.runSql(
      `INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (${request}, ${master.masterid}, ${now()})`,
    );
  }

  release(request: number): Promise<void> {
    return this.runSql(`DELETE FROM buildrequest_claims WHERE brid = ${request}`);
  }

  releaseUnbuilt(): Promise<void> {
    return this.runSql(
      `DELETE FROM buildrequest_claims WHERE brid NOT IN (SELECT buildrequestid FROM builds)`,
    );
  }

  endBuild(request: number): Promise<void> {
    return this.runSql(
      `UPDATE builds SET complete_at = ${now()}, results = 0 WHERE buildrequestid = ${request} AND complete_at IS NULL`,
    );
  }

  remove(request: number): Promise<void> {
    return this.runSql(`DELETE FROM buildrequests WHERE id = ${request}`);
  }

  forgetKeys(): Promise<void> {
    return this.runSql(`UPDATE buildsets SET external_idstring = NULL, reason = ''`);
  }

  /** A word of the test for a build of builder `steered`, see master.cfg. */
  async steer(request: number, word: 'start' | 'end', content = ''): Promise<void> {
    const folder = join(this.basedir, 'steered');
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${request}.${word}`);
    await writeFile(`${path}.new`, content);
    await rename(`${path}.new`, path);
  }

  /** The same while the database is away; resolves when the master has failed to write the end. */
  async failToEnd(request: number): Promise<void> {
    const before = await this.process.count(NOT_WRITTEN);
    await this.steer(request, 'end', '0');
    await this.process.until(async () => (await this.process.count(NOT_WRITTEN)) > before);
    // What the master began before these calls has failed, too.
    for (let call = 0; call < 20; call++) await this.rest.get('/api/v2/builds?limit=1');
  }

  async unsteer(request: number, word: 'start'): Promise<void> {
    await rm(join(this.basedir, 'steered', `${request}.${word}`), { force: true });
  }

  /** What it has done since its start: processor time in seconds, and answers of its web server. Linux only. */
  async readLoad(): Promise<{ cpu: number; answers: number }> {
    const log = await readFile(join(this.basedir, 'http.log'), 'utf8');
    return { cpu: await this.process.readCpuSeconds(), answers: log.split('\n').length - 1 };
  }

  log(): Promise<string> {
    return this.process.log();
  }

  async dispose(): Promise<void> {
    await this.stop();
    await this.worker.kill();
    await killAllInside(this.folder);
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private async prepare(settings: MasterSettings): Promise<void> {
    await mkdir(this.basedir, { recursive: true });
    const run = (...args: string[]) =>
      promisify(execFile)('buildbot', args, { cwd: this.folder, env: { ...process.env, ...this.env } });
    await run('create-master', '-r', `--db=${this.database.url}`, this.basedir);
    await copyFile(inRepository('test/support/real-buildbot/master.cfg'), join(this.basedir, 'master.cfg'));
    await this.writeSettings(settings);
  }

  private writeSettings(settings: MasterSettings): Promise<void> {
    const all = {
      ...this.ports,
      ...ACCOUNT,
      url: `${this.url}/`,
      database: this.database.url,
      ...settings,
    };
    return writeFile(join(this.basedir, 'settings.json'), JSON.stringify(all, null, 2));
  }

  private processIn(basedir: string): OwnProcess {
    return new OwnProcess(['buildbot', 'start', '--nodaemon', basedir], basedir, this.env);
  }

  private async answers(): Promise<boolean> {
    return (await this.rest.get('/api/v2')).status === 200;
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
