import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { createConnection } from 'mysql2/promise';
import type { DynamicModule } from '@nestjs/common';
import { migrateDatabase, listMigrationStates, withDataSource } from '@bbb/bridge-db';
import { loadConfiguration } from '@bbb/configuration';
import { createLogger, startService } from '@bbb/platform';
import { connectPulse, createProcessSettings } from '@bbb/composition';
import { TcListenerModule } from '../apps/tc-listener/src/tc-listener.module.js';
import { SCENARIOS, type Scenario } from '../sandbox/mix.js';
import { type Services, startInProcess } from '../sandbox/services.js';
import { type Actor, hasArrived, play } from '../sandbox/story.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { Canaries, listenToStreams } from './support/canaries.js';
import { openSandbox } from './support/open-sandbox.js';
import { COMPILATION_LIMIT } from './support/project.js';
import { isReachable, SERVERS } from './support/servers.js';
import { useUndo } from './support/undo.js';

const SECRET = {
  accessToken: 'c4n4ry-AcCeSs-0123456789_abcdefghijklmnopqrst',
  signature: 'c4n4ry/SiGnAtUrE+0123456789abcdefghijklm=',
  seed: 'c4n4ry-SeEd-0123456789abcdefghijklmnopqrstuvw',
  database: `c4n4ry "d'b\\ pass/w%rd @1`,
  pulse: 'c4n4ry-pülse "pass\\word',
  selfServe: 'c4n4ry-self:SeRvE p@ss/word',
  builders: 'c4n4ry-BuIlDeRs-0123456789abcdefgh',
};

/** What Taskcluster says when it is angry: error texts of outside systems may repeat anything. */
const ECHO = `Bad token ${SECRET.accessToken} with ${SECRET.signature}`;

/** What Self Serve and the server of the builder list are sent: an account, and a token that takes the user's place. */
const SENT = {
  selfServe: Buffer.from(`bridge:${SECRET.selfServe}`).toString('base64'),
  builders: Buffer.from(`${SECRET.builders}:`).toString('base64'),
};

/** What Self Serve answers first. */
const ANGRY: { kind: 'answer'; status: number; body: string }[] = [
  { kind: 'answer', status: 403, body: ECHO },
  { kind: 'answer', status: 503, body: JSON.stringify({ msg: `No ${SENT.selfServe}, ${SECRET.selfServe}` }) },
  { kind: 'answer', status: 503, body: ECHO },
];

/** The address with an account before its host. */
const withAccount = (url: string, account: string) => url.replace('//', `//${account}@`);

/** The first calls of a method for a task fail; later ones do not. */
function failing(method: string, times: number, status: number): NonNullable<Scenario['fault']> {
  const calls = new Map<string, number>();
  return (call) => {
    if (call.method !== method) return 'pass';
    const count = (calls.get(call.taskId!) ?? 0) + 1;
    calls.set(call.taskId!, count);
    return count <= times ? { status, code: 'AuthenticationFailed', message: ECHO } : 'pass';
  };
}

const success = { plan: () => ({ duration: 0.5 }), taskcluster: 'completed', buildbot: 'SUCCESS' };

/** Somebody has got hold of our secrets and puts them into a task. */
const LEAKED = {
  token: 'short',
  comment: `look: ${SECRET.accessToken}`,
  nested: JSON.stringify({ deep: [SECRET.pulse] }),
  password_of_db: SECRET.database,
};

const FAULTS: readonly Scenario[] = [
  { ...success, name: '401 to a definition', fault: failing('task', 2, 401) },
  { ...success, name: '401 to a claim', fault: failing('claimTask', 2, 401) },
  { ...success, name: '403 to a report', fault: failing('reportCompleted', 2, 403) },
  { ...success, name: '500 to an artifact', fault: failing('createArtifact', 20, 500) },
  { ...success, name: '403 to an upload', fault: failing('putContent', 20, 403) },
  {
    ...success,
    name: 'our secrets in a task',
    task: () => ({
      payload: {
        buildername: 'Linux x86-64 oak build',
        sourcestamp: { branch: 'https://hg.example.com/projects/oak/', revision: 'f'.repeat(40) },
        properties: { product: 'firefox', scenario: 'our secrets in a task', ...LEAKED },
      },
    }),
  },
];

/** A refusal names what it refuses. */
const REFUSED: Scenario = {
  name: 'our secrets in a refused task',
  task: () => ({
    payload: {
      buildername: 'Linux x86-64 oak build',
      sourcestamp: { branch: 'https://hg.example.com/projects/oak/' },
      properties: { product: '', [SECRET.accessToken]: 'x'.repeat(2000), [`x:${SECRET.signature}`]: '\0' },
    },
  }),
  taskcluster: 'exception (malformed-payload)',
  buildbot: 'no request',
};

const MIX = [...SCENARIOS, ...FAULTS, REFUSED];
const isServed = isReachable('mysql');

describe('the secrets of the bridge', () => {
  const canaries = new Canaries({ ...SECRET, selfServeSent: SENT.selfServe, buildersSent: SENT.builders });
  const undo = useUndo();
  let sandbox: Sandbox;
  let actors: Actor[] = [];

  beforeAll(async () => {
    undo.push(listenToStreams(canaries));
    let refusals = 0;
    sandbox = await openSandbox(undo, isServed ? 'mysql' : 'sqlite', {
      ...{ seed: 3, scenarios: MIX },
      selfServe: { fault: ({ method }) => (method === 'GET' ? undefined : ANGRY[refusals++]) },
    });
    const { folder, schedulerDb, bridgeDb } = sandbox.options;
    if (isServed) {
      await migrateDatabase(bridgeDb);
      const user = await createSecretUser([schedulerDb, bridgeDb]);
      undo.push(user.drop);
      await useServices(folder, [user.url(schedulerDb), user.url(bridgeDb)]);
    } else await useServices(folder, [schedulerDb, bridgeDb]);
    await lookAt(folder);
  }, COMPILATION_LIMIT);

  async function useServices(folder: string, [schedulerDb, bridgeDb]: [string, string]): Promise<void> {
    const config = await configure(schedulerDb, bridgeDb);
    const services = await startInProcess(config, { connect: () => sandbox.options.broker.connect() });
    undo.push(() => services.stop().catch(() => undefined));
    const groups = MIX.map((scenario) => Array.from({ length: scenario.size ?? 1 }, () => scenario));
    actors = await play(sandbox, groups, () => undefined, 120);
    await tellSecrets();
    await ask(services);
    await services.stop();
    await serveInTrouble(folder);
  }

  function configure(schedulerDb: string, bridgeDb: string, changes = {}): Promise<string> {
    return sandbox.writeConfiguration(
      { tclistener: 0, bblistener: 0, reflector: 0 },
      {
        taskcluster_queue_config: {
          rootUrl: sandbox.taskcluster.url,
          credentials: {
            clientId: 'c4n4ry-client',
            accessToken: SECRET.accessToken,
            certificate: JSON.stringify({
              version: 1,
              scopes: ['*'],
              start: Date.now() - 60_000,
              expiry: Date.now() + 3_600_000,
              seed: SECRET.seed,
              signature: SECRET.signature,
              issuer: 'static/taskcluster/root',
            }),
          },
        },
        buildbot_scheduler_db: schedulerDb,
        bbb_db: bridgeDb,
        pulse_password: SECRET.pulse,
        selfserve_url: withAccount(sandbox.selfServe.url, `bridge:${encodeURIComponent(SECRET.selfServe)}`),
        builders_url: withAccount(sandbox.selfServe.builderListUrl, SECRET.builders),
        log_level: 'debug',
        ...changes,
      },
    );
  }

  /** Anybody with a Pulse account may publish anything. */
  async function tellSecrets(): Promise<void> {
    const model = await sandbox.options.broker.connect();
    const channel = await model.createChannel();
    const bodies = [
      { payload: { build: { properties: `x${SECRET.accessToken}y` } }, _meta: { [SECRET.pulse]: 1 } },
      `no JSON but ${SECRET.accessToken}`,
      `{"escaped": "${[...SECRET.accessToken].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')}"}`,
    ].map((body) => (typeof body === 'string' ? body : JSON.stringify(body)));
    for (const body of bodies) {
      channel.publish(
        `exchange/${sandbox.id}/taskcluster-queue/v1/task-pending`,
        keyOfOurs(),
        Buffer.from(body),
      );
      channel.publish(
        `exchange/${sandbox.id}/build/`,
        `build.${SECRET.accessToken}.7.log_uploaded`,
        Buffer.from(body),
      );
    }
    for (let attempt = 0; attempt < 100 && (await kept()).length < bodies.length; attempt++) await sleep(100);
    canaries.collect('kept messages', JSON.stringify(await kept()));
  }

  const kept = () =>
    sandbox.bridge.read((statements) => statements.rows<Record<string, unknown>>('SELECT * FROM messages'));

  async function ask({ health }: Services): Promise<void> {
    for (const [name, url] of Object.entries(health)) {
      for (const path of ['/health/live', '/health/ready', '/metrics', '/nothing']) {
        const answer = await fetch(url + path);
        canaries.collect(`http ${name}${path}`, JSON.stringify([...answer.headers]) + (await answer.text()));
      }
    }
  }

  /** A listener that nobody lets in. */
  async function serveInTrouble(folder: string): Promise<void> {
    const wrong = (url: string | undefined) => {
      const parsed = new URL(url ?? 'mysql://x@127.0.0.1:9/none');
      parsed.username = 'nobody';
      parsed.password = encodeURIComponent(SECRET.database);
      return parsed.href;
    };
    const { hostname, port } = new URL(SERVERS.rabbitmq.url);
    const file = await configure(
      wrong(isServed ? SERVERS.mysql.url : undefined),
      wrong(isReachable('postgres') ? SERVERS.postgres.url : undefined),
      { pulse_host: hostname, pulse_port: Number(port || 5672), pulse_user: 'nobody', pulse_ssl: false },
    );
    const { configuration } = loadConfiguration('tc-listener', { file, environment: {} });
    for (const { url } of [configuration.schedulerDb, configuration.bridgeDb]) {
      const refusal: unknown = await withDataSource({ url: url, asFound: true }, listMigrationStates).catch(
        (error: unknown) => error,
      );
      expect(refusal).toBeInstanceOf(Error);
      canaries.collect('refused command', inspect(refusal, { depth: 10, showHidden: false }));
    }
    configuration.log.file = join(folder, 'in-trouble.log');
    const settings = createProcessSettings(configuration);
    const logger = createLogger(settings);
    const module: DynamicModule = TcListenerModule.register(configuration);
    const service = await startService(settings, module, { logger, configure: connectPulse });
    for (let attempt = 0; attempt < 100 && !/ACCESS|ECONN/.test(await log('in-trouble.log')); attempt++)
      await sleep(100);
    const health = { 'tc-listener': service.healthUrl } as Services['health'];
    await ask({ health, stop: () => service.stop() });
    await service.stop();
    logger.close();

    async function log(name: string): Promise<string> {
      return readFile(join(folder, name), 'utf8').catch(() => '');
    }
  }

  async function lookAt(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
      if (name.endsWith('.log')) canaries.collect(`log ${name}`, await readFile(join(folder, name), 'utf8'));
    }
    for (const { taskId } of actors) {
      for (const { runId } of sandbox.taskcluster.state.status(taskId).runs) {
        for (const artifact of sandbox.taskcluster.artifactsOf(taskId, runId)) {
          canaries.collect(
            `artifact ${artifact.name}`,
            `${JSON.stringify(artifact)} ${artifact.content?.toString() ?? ''}`,
          );
        }
      }
    }
    for (const [index, { accessToken, certificate }] of sandbox.taskcluster.state.issued.entries()) {
      canaries.add(`token of run ${index}`, accessToken);
      const { signature, seed } = JSON.parse(certificate) as { signature: string; seed: string };
      canaries.add(`signature of run ${index}`, signature);
      canaries.add(`seed of run ${index}`, seed);
    }
  }

  it('are where they could have come out', () => {
    expect(actors.filter((actor) => !hasArrived(actor)).map(({ scenario }) => scenario.name)).toEqual([]);
    expect(sandbox.taskcluster.state.issued.length).toBeGreaterThan(10);
    const logs = canaries.seen('log ');
    for (const message of [
      'service',
      'task claimed',
      'message parked',
      'message quarantined',
      'properties withheld',
    ]) {
      expect(logs).toContain(message);
    }
    // Texts with them were to be logged and kept.
    expect(logs).toContain('Bad token [secret] with [secret]');
    expect(logs).toContain('No [secret], [secret]');
    expect(canaries.seen('kept messages')).toContain('[secret]');
    expect(canaries.seen('http ')).toContain('bbb_messages_total');
    expect(canaries.seen('artifact ')).toContain('withheld by the bridge');
    expect(canaries.seen('artifact ')).toContain('payload.properties.x:[secret]');
    expect(canaries.seen('log in-trouble')).toMatch(/ACCESS.REFUSED|ECONNREFUSED/);
  });

  it('are in nothing that came out', () => {
    expect(canaries.findCanaries()).toEqual([]);
  });

  it('are withheld from the properties of a build, by name', () => {
    const { taskId } = actors.find(({ scenario }) => scenario.name === 'our secrets in a task')!;
    const file = sandbox.taskcluster
      .artifactsOf(taskId, 0)
      .find(({ name }) => name === 'public/properties.json');
    const properties = JSON.parse(file!.content!.toString()) as Record<string, unknown>;
    for (const name of Object.keys(LEAKED))
      expect(properties[name]).toEqual([null, 'withheld by the bridge']);
    expect(properties.product).toEqual(['firefox', expect.any(String)]);
  });
});

/** A database user whose password is the canary. */
async function createSecretUser(urls: readonly string[]) {
  const name = `canary_${new URL(urls[0]!).pathname.slice(-12)}`;
  const admin = async (statement: string, values: unknown[] = []) => {
    const connection = await createConnection(SERVERS.mysql.url);
    await connection.query(statement, values);
    await connection.end();
  };
  await admin(`CREATE USER '${name}'@'%' IDENTIFIED BY ?`, [SECRET.database]);
  for (const url of urls) await admin(`GRANT ALL ON ${new URL(url).pathname.slice(1)}.* TO '${name}'@'%'`);
  return {
    url: (url: string) => {
      const { hostname, port, pathname } = new URL(url);
      return `mysql://${name}:${encodeURIComponent(SECRET.database)}@${hostname}:${port || 3306}${pathname}`;
    },
    drop: () => admin(`DROP USER '${name}'@'%'`),
  };
}

/** A routing key that the listener of Taskcluster is bound to. */
function keyOfOurs(): string {
  return 'primary.f3DnVpRsTLWrQ2Q2Q2Q2Qg.0._._.buildbot-bridge.buildbot-bridge.-.f3DnVpRsTLWrQ2Q2Q2Q2Qg._';
}
