import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Buildbot } from '@bbb/rules';
import { SelfServe } from '@bbb/self-serve';
import { createDatabase, type TestDatabase } from '../../../test/support/databases.js';
import { installSchedulerSchema } from '../../../test/support/scheduler-schema.js';
import { BuildbotModule } from './buildbot.module.js';
import { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS, type BuildbotHealthCheck } from './health.js';
import { createRequestSpec } from '../../rules/src/testing/observations.js';

Logger.overrideLogger(false);

const REQUEST = createRequestSpec({ branch: null });

describe('BuildbotModule', () => {
  let database: TestDatabase;
  afterEach(() => database.drop());

  it('provides a legacy Buildbot, which refuses to cancel a request that Self Serve cannot find', async () => {
    database = await createDatabase('sqlite');
    await installSchedulerSchema(database, 6);
    const module = await Test.createTestingModule({
      imports: [
        BuildbotModule.register({
          buildbot: { kind: 'legacy' },
          schedulerDb: { url: database.url, poolSize: 3, connectTimeout: 5 },
          selfServe: { url: 'http://127.0.0.1:1/self-serve', user: 'bridge', timeout: 5, maxConnections: 10 },
          builders: { refresh: 300, timeout: 5 },
        }),
      ],
    }).compile();
    await module.init();
    const buildbot = module.get(Buildbot);
    expect(await buildbot.knows('anything')).toBe('unchecked');

    const id = await buildbot.create(REQUEST, async () => true);
    const request = (await buildbot.readSnapshot(id!))!;
    await expect(buildbot.cancel(request)).rejects.toMatchObject({ name: 'Refused', code: 'NoBranch' });
    await expect(module.get(SelfServe).cancelRequest('b', 1)).rejects.toMatchObject({ name: 'Unavailable' });
    await module.close();
  });

  it('provides a modern Buildbot, which needs no database and reports its problems', async () => {
    const account = { user: 'bridge', password: 'secret' };
    const module = await Test.createTestingModule({
      imports: [
        BuildbotModule.register({
          buildbot: {
            ...{ kind: 'modern', url: 'http://127.0.0.1:1/', masters: {}, ...account, scheduler: 'bridge' },
            ...{ timeout: 5, maxConnections: 2 },
          },
          schedulerDb: { url: '', poolSize: 3, connectTimeout: 5 },
          selfServe: { url: '', user: '', timeout: 5, maxConnections: 10 },
          builders: { refresh: 300, timeout: 5 },
        }),
      ],
    }).compile();
    await module.init();
    expect(module.get(Buildbot).payloadRules.requiredProperties).toEqual([]);
    const checks = module.get<BuildbotHealthCheck[]>(BUILDBOT_HEALTH);
    const problems = await Promise.all(checks.map(async ({ name, check }) => [name, await check()]));
    expect(problems.map(([name]) => name)).toEqual(['buildbot', 'buildbot-login', 'buildbot-scheduler']);
    for (const [, problem] of problems) expect(problem).toContain('no answer from the Buildbot master');
    expect(module.get(BUILDBOT_LOG_HOSTS)).toEqual(['*', 'http://127.0.0.1']);
    await module.close();
  });
});
