import { beforeAll, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { migrateDatabase } from '@bbb/bridge-db';
import type { ServiceName } from '@bbb/configuration';
import { recordJson } from '../libs/commands/src/testing/recording-host.js';
import { openBroker } from '../sandbox/broker.js';
import { SCENARIOS } from '../sandbox/mix.js';
import { type Services, startInProcess } from '../sandbox/services.js';
import { type Actor, play } from '../sandbox/story.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { pickShare } from './support/campaign.js';
import { type DatabaseKind, isUsable } from './support/databases.js';
import { openSandbox } from './support/open-sandbox.js';
import { rabbitmqctl } from './support/rabbitmq.js';
import { RestrictedUsers, readWritten, readScopes } from './support/rights.js';
import { COMPILATION_LIMIT } from './support/project.js';
import { canStart, describeEach, isReachable, SERVERS } from './support/servers.js';
import { useUndo } from './support/undo.js';

const SERVICES: readonly ServiceName[] = ['tc-listener', 'bb-listener', 'reflector'];

const CASES: [string, DatabaseKind, 6 | 24][] = [
  ['MariaDB, schema 6', 'mysql', 6],
  ['MariaDB, schema 24', 'mysql', 24],
  ['PostgreSQL, schema 6', 'postgres', 6],
  ['PostgreSQL, schema 24', 'postgres', 24],
];

const isPossible = (_: string, kind: DatabaseKind) =>
  isReachable('rabbitmq') && canStart('rabbitmqctl') && isUsable(kind);

describeEach(pickShare(CASES, 2), isPossible)('with the rights of the page, on %s', (_, kind, schema) => {
  const undo = useUndo();
  let sandbox: Sandbox;
  let users: RestrictedUsers;
  let urls: { schedulerDb: string; bridgeDb: string };
  let actors: Actor[] = [];
  let logs = '';
  const files = {} as Record<ServiceName, string>;

  beforeAll(async () => {
    const broker = openBroker(SERVERS.rabbitmq.url);
    sandbox = await openSandbox(undo, kind, { schema, broker, scopes: readScopes() });
    const { folder, ...rest } = sandbox.options;
    urls = { schedulerDb: rest.schedulerDb, bridgeDb: rest.bridgeDb };

    users = await RestrictedUsers.create(urls.schedulerDb, urls.bridgeDb, schema);
    undo.push(() => users.drop(Object.values(urls)));
    await migrateDatabase(urls.bridgeDb);
    await users.grantBridge(urls.bridgeDb);

    await rabbitmqctl('add_user', sandbox.id, 'only its own');
    undo.push(() => rabbitmqctl('delete_user', sandbox.id));
    await rabbitmqctl('set_permissions', sandbox.id, ...listPermissions(sandbox.id));

    const services = await startServices(folder);
    undo.push(() => services.stop().catch(() => undefined));
    const groups = SCENARIOS.map((scenario) => Array.from({ length: scenario.size ?? 1 }, () => scenario));
    actors = await play(sandbox, groups, () => undefined, 90);
    await services.stop();
    logs = await readFile(join(folder, 'tclistener.log'), 'utf8');
  }, COMPILATION_LIMIT);

  /** Each with a client, database users and a file of its own; the listeners with one Pulse account. */
  async function startServices(folder: string): Promise<Services> {
    for (const service of SERVICES) {
      const file = await sandbox.writeConfiguration(
        { tclistener: 0, bblistener: 0, reflector: 0 },
        {
          taskcluster_queue_config: {
            rootUrl: sandbox.taskcluster.url,
            credentials: { clientId: service, accessToken: `token-of-${service}` },
          },
          buildbot_scheduler_db: users.createUrl(service, urls.schedulerDb),
          bbb_db: users.createUrl(service, urls.bridgeDb),
          pulse_user: sandbox.id,
          pulse_password: 'only its own',
        },
      );
      files[service] = join(folder, `${service}.json`);
      await writeFile(files[service], await readFile(file), { mode: 0o600 });
    }
    return startInProcess(files, {});
  }

  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
    const ends = actors.filter(({ scenario: { name: of } }) => of === name);
    expect(ends.length).toBeGreaterThan(0);
    for (const { seen } of ends) {
      expect({ taskcluster: seen?.taskcluster, buildbot: seen?.buildbot }).toEqual({
        taskcluster: scenario.taskcluster,
        buildbot: scenario.buildbot,
      });
    }
  });

  it('leaves nothing, and was never refused a right', async () => {
    expect(await sandbox.countRowsLeft()).toEqual({ tasks: 0, messages: 0 });
    expect(await sandbox.countMessagesLeft()).toBe(0);
    // Only a repeated attachment, as on a busy machine, asks what is there; the page says what happens without the scope.
    const refused = sandbox.taskcluster.calls.entries.filter(
      ({ method, status }) => (status === 401 || status === 403) && method !== 'artifactInfo',
    );
    expect(refused).toEqual([]);
    expect(logs.split('\n').filter((line) => /DENIED|permission|42501|ACCESS.REFUSED/i.test(line))).toEqual(
      [],
    );
  });

  it.each(SERVICES)('`check --service %s` misses no right', async (service) => {
    expect((await findMissing(service, service)).tables).toEqual([]);
  });

  it('`check` names the rights that another service has', async () => {
    expect(await findMissing('tc-listener', 'reflector')).toEqual({
      code: 1,
      tables: [
        'failed bridge_turns with SELECT, INSERT, UPDATE',
        'failed bridge_walks with SELECT, INSERT, UPDATE',
        'failed bridge_passes with INSERT, UPDATE',
        'warning bridge_journal with SELECT, DELETE',
      ],
    });
    expect((await findMissing('reflector', 'bb-listener')).tables).toEqual([
      'failed messages with INSERT, UPDATE, DELETE',
    ]);
  });

  /** Runs `check` with the account of one service for what another one does. */
  async function findMissing(account: ServiceName, service: ServiceName) {
    const { code, json } = await recordJson('-c', files[account], 'check', '--service', service, '--json');
    const { results } = json as { results: { system: string; status: string; what: string }[] };
    const rows = results.filter(({ system }) => system === 'bridge-db');
    expect(rows).not.toEqual([]);
    const tables = rows.flatMap(({ status, what }) => {
      const [, missing] = /^the table (.*) cannot be used(?= with)/.exec(what) ?? [];
      return missing === undefined ? [] : [`${status} ${missing}${/ with [A-Z, ]+/.exec(what)![0]}`];
    });
    return { code, tables };
  }

  const schedulerRefusals: [ServiceName, string][] = [
    ['tc-listener', 'UPDATE buildrequests SET complete = 1'],
    ['tc-listener', 'DELETE FROM buildsets'],
    ['tc-listener', 'INSERT INTO builds (number, brid, start_time) VALUES (1, 1, 1)'],
    ['reflector', 'UPDATE buildrequests SET complete = 1'],
    ['reflector', 'DELETE FROM buildrequests'],
    ['bb-listener', "INSERT INTO sourcestamps (branch, repository, project) VALUES ('x', '', '')"],
    ['bb-listener', 'UPDATE buildrequests SET complete = 1'],
    ['bb-listener', 'DROP TABLE builds'],
  ];
  it.each(schedulerRefusals)('in the scheduler database %s may not %s', async (service, statement) => {
    await expect(users.attempt(service, urls.schedulerDb, statement)).rejects.toThrow(/denied|owner/i);
  });

  const bridgeRefusals: [ServiceName, string][] = [
    ['tc-listener', 'DROP TABLE tasks'],
    ['tc-listener', 'UPDATE bridge_turns SET name = name'],
    ['bb-listener', "DELETE FROM bridge_migrations WHERE name = 'x'"],
    ['reflector', 'SELECT body FROM messages'],
    ['reflector', 'ALTER TABLE tasks ADD COLUMN x INTEGER'],
  ];
  it.each(bridgeRefusals)('in the bridge’s database %s may not %s', async (service, statement) => {
    await expect(users.attempt(service, urls.bridgeDb, statement)).rejects.toThrow(/denied|owner/i);
  });

  it.each([
    ['declare an exchange', 'assertExchange', (id: string) => `exchange/other-than-${id}/x`],
    ['declare somebody else’s queue', 'assertQueue', (id: string) => `queue/other-than-${id}/x`],
  ] as const)('on Pulse the account may not %s', async (_what, method, name) => {
    const { protocol, host, pathname } = new URL(SERVERS.rabbitmq.url);
    const model = await connect(
      `${protocol}//${sandbox.id}:${encodeURIComponent('only its own')}@${host}${pathname}`,
    );
    model.on('error', () => undefined);
    try {
      const channel = await model.createChannel();
      channel.on('error', () => undefined);
      const attempt =
        method === 'assertQueue'
          ? channel.assertQueue(name(sandbox.id), { durable: false, autoDelete: true })
          : channel.assertExchange(name(sandbox.id), 'topic', { durable: false, autoDelete: true });
      await expect(attempt).rejects.toThrow(/ACCESS.REFUSED/);
    } finally {
      await model.close();
    }
  });
});

function listPermissions(user: string): string[] {
  return readWritten('rabbitmq')
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\S+\s+/, '').replaceAll('<user>', user));
}
