import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { type RequestSpec, readPayload } from '@bbb/rules';
import { LEGACY_PAYLOAD_RULES } from '../libs/buildbot/src/legacy/payload-rules.js';
import { SchedulerDb } from '@bbb/scheduler-db';
import type { DataSource } from 'typeorm';
import { payloadText } from './fuzz/payloads.js';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { toPython, loadAsMaster, type WrittenRequest } from './support/master-loader.js';
import { pythonLoads } from './support/python-json.js';
import { installSchedulerSchema, openTestDatabase } from './support/scheduler-schema.js';
import { describeSchedulerDbs } from './support/scheduler-dbs.js';

Logger.overrideLogger(false);

const TASK = 'f3DnZ0QnQqWl0cH1Cq9vLw';
const ORDERS = 40;

/** Orders of payloads that pass, first among them the fullest that may. */
function orders(): RequestSpec[] {
  const fullest = {
    buildername: 'é'.repeat(127),
    sourcestamp: {
      branch: `x/${'b'.repeat(253)}`,
      revision: '~'.repeat(255),
      repository: `\\'"%?${'r'.repeat(250)}`,
      project: ' '.repeat(255),
    },
    properties: Object.fromEntries([
      ['product', 'firefox'],
      ['x'.repeat(255), 'y'.repeat(1024 - 10)],
      ['quotes', `'"\\\\'; DROP TABLE builds; --?$1%s`],
      ['wide', 'Füße 🦊 \u2028\u007f'],
      ['numbers', [0.1, 1e-7, -5, Number.MAX_SAFE_INTEGER]],
      ['deep', [[[[[[[[1]]]]]]]]],
      ...Array.from({ length: 40 }, (_, index) => [`p${index}`, 'z'.repeat(1000)]),
    ]) as Record<string, unknown>,
  };
  const samples = fc
    .sample(payloadText, { numRuns: 3000, seed: 7 })
    .map((text) => JSON.parse(text) as unknown);
  return [fullest, ...samples]
    .flatMap((payload) => {
      const reading = readPayload(payload, LEGACY_PAYLOAD_RULES);
      return reading.valid ? [reading.payload] : [];
    })
    .slice(0, ORDERS)
    .map((payload, index) => ({
      ...payload,
      taskId: TASK,
      createdForRunId: index,
      scheduledAt: 1_494_586_000 + index,
      priority: index % 2,
    }));
}

type RequestRow = Omit<WrittenRequest, 'properties' | 'externalId'> & { bsid: number; external_id: string };

describeSchedulerDbs('requests written on %s, schema %s%s', (kind, version, engine) => {
  let database: TestDatabase;
  let rows: DataSource;
  let scheduler: SchedulerDb;

  beforeAll(async () => {
    database = await createDatabase(kind);
    await installSchedulerSchema(database, version, engine ? { engine } : {});
    rows = await openTestDatabase(database);
    scheduler = new SchedulerDb({ url: database.url, poolSize: 2, connectTimeout: 5 });
  });
  afterAll(async () => {
    await scheduler.close();
    await rows.destroy();
    await database.drop();
  });

  it('are loaded by a master, and are what was ordered', async () => {
    const given = orders();
    expect(given).toHaveLength(ORDERS);
    expect(given[0]!.buildername).toHaveLength(127);
    const mark = kind === 'postgres' ? '$1' : '?';
    const link = version === 6 ? 's.id = bs.sourcestampid' : 's.sourcestampsetid = bs.sourcestampsetid';
    for (const order of given) {
      const id = await scheduler.create(order, async () => true);
      const [request] = await rows.query<RequestRow[]>(
        'SELECT br.buildername AS buildername, bs.id AS bsid, bs.reason AS reason, ' +
          'bs.external_idstring AS external_id, s.branch AS branch, s.revision AS revision, ' +
          's.repository AS repository, s.project AS project ' +
          'FROM buildrequests br JOIN buildsets bs ON bs.id = br.buildsetid ' +
          `JOIN sourcestamps s ON ${link} WHERE br.id = ${mark}`,
        [id],
      );
      const properties = await rows.query<{ property_name: string; property_value: string }[]>(
        `SELECT property_name, property_value FROM buildset_properties WHERE buildsetid = ${mark}`,
        [request!.bsid],
      );
      const written: WrittenRequest = {
        ...request!,
        externalId: request!.external_id,
        properties: properties.map(({ property_name: name, property_value: value }) => [name, value]),
      };
      const { taskId, createdForRunId, buildername, branch, revision, repository, project } = order;
      expect(loadAsMaster(written)).toEqual(toPython({ ...order.properties, taskId, createdForRunId }));
      expect(written).toMatchObject({ buildername, branch, revision, repository, project });
    }
  });
});

describe('the loader', () => {
  const good: WrittenRequest = {
    buildername: 'b',
    reason: 'r',
    externalId: 'e',
    branch: 'x',
    revision: null,
    repository: '',
    project: '',
    properties: [['product', '["firefox", "bbb"]']],
  };

  it('loads what the original bridge wrote', () => {
    expect(loadAsMaster(good)).toEqual(new Map([['product', 'firefox']]));
  });

  it.each<[string, Partial<WrittenRequest>]>([
    ['a pair cut off at the column’s end', { properties: [['a', `["${'x'.repeat(1022)}`]] }],
    ['a pair that is longer', { properties: [['a', `["${'x'.repeat(1020)}", "bbb"]`]] }],
    ['three elements', { properties: [['a', '["x", "bbb", 1]']] }],
    ['one element', { properties: [['a', '["x"]']] }],
    ['no array', { properties: [['a', '{"a": "bbb"}']] }],
    ['two pairs', { properties: [['a', '["x", "bbb"]["x", "bbb"]']] }],
    ['a property name beyond ASCII', { properties: [['é', '["x", "bbb"]']] }],
    ['an empty property name', { properties: [['', '["x", "bbb"]']] }],
    [
      'a property twice',
      {
        properties: [
          ['a', '["x", "bbb"]'],
          ['a', '["x", "bbb"]'],
        ],
      },
    ],
    ['a value that is not escaped', { properties: [['a', '["é", "bbb"]']] }],
    ['half a surrogate pair', { properties: [['a', '["\\ud83d", "bbb"]']] }],
    ['a branch beyond ASCII', { branch: 'é' }],
    ['a revision beyond ASCII', { revision: 'é' }],
    ['a long branch', { branch: 'x'.repeat(257) }],
    ['a builder’s name of four-byte characters', { buildername: '🦊' }],
  ])('rejects %s', (_what, changes) => {
    expect(() => loadAsMaster({ ...good, ...changes })).toThrow();
  });
});

describe('pythonLoads', () => {
  it('reads whatever JSON.stringify writes in ASCII', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme-ascii' }), (value) => {
        expect(pythonLoads(JSON.stringify(value))).toEqual(toPython(value));
      }),
    );
  });

  it.each([
    '',
    '[',
    '[1,]',
    '{"a"}',
    '{1:2}',
    '"\n"',
    '"\\x"',
    '"\\u12"',
    '01',
    '+1',
    '.5',
    "'a'",
    'tru',
    '[1]2',
  ])('rejects %j, as Python does', (text) => {
    expect(() => pythonLoads(text)).toThrow(SyntaxError);
  });

  it.each([
    ['[NaN, Infinity, -Infinity]', [NaN, Infinity, -Infinity]],
    [' [1e+21 , -0.5e-3]\n', [1e21, -0.0005]],
    ['"\\ud83e\\udd8a\\/"', '🦊/'],
  ])('reads %s, as Python does', (text, value) => {
    expect(pythonLoads(text)).toEqual(value);
  });

  it('reads every recorded definition’s properties', () => {
    const file = new URL('fixtures/buildbot/task-definitions.json', import.meta.url);
    const samples = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    expect(pythonLoads(JSON.stringify(samples))).toEqual(toPython(samples));
  });
});
