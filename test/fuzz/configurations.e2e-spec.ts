import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BuilderPolicy } from '@bbb/rules';
import { ConfigurationError, loadConfiguration, SERVICE_NAMES, describeSettings } from '@bbb/configuration';
import { followCampaign, planCampaign } from '../support/campaign.js';
import { Tally } from './tally.js';
import { jsonText } from './payloads.js';

const SETTINGS = describeSettings();
const KEYS = [...new Set(SETTINGS.flatMap(({ keys }) => keys))].map((key) =>
  key.replace('<service>', 'reflector'),
);
const VARIABLES = SETTINGS.flatMap(({ variable, secret }) =>
  secret ? [variable, `${variable}_FILE`] : [variable],
);
const SECRET = 'canary-Zx81-secret';

/** Patterns take a thread to try, so that most come from here and are tried once. */
const PATTERNS = [
  '.*',
  '^release-',
  '^((?!alder).)*$',
  '^(?:[a-z]+)+$',
  '(?P<x>a)',
  '(?i)x',
  '[]a]',
  '(',
  '*',
  'a{,3}',
  '\\Z',
  '\\a',
  '',
];

const COMPLETE = {
  taskcluster_queue_config: {
    rootUrl: 'https://tc.example.com',
    credentials: { clientId: 'c', accessToken: SECRET },
  },
  buildbot_scheduler_db: `mysql://u:${SECRET}@db.example.com/s`,
  bbb_db: 'sqlite:///bbb.db',
  selfserve_url: 'https://example.com/self-serve',
  pulse_user: 'u',
  pulse_password: SECRET,
  pulse_queue_basename: 'queue/u',
  tc_worker_group: 'g',
  tc_worker_id: 'i',
  tclistener: { pulse_exchange_basename: 'exchange/x/v1', worker_type: 'w', provisioner_id: 'p' },
  bblistener: { pulse_exchange: 'exchange/build' },
};

const patternList = fc.array(fc.constantFrom(...PATTERNS), { maxLength: 3 });
const scalar = fc.oneof(
  fc.constantFrom(
    '0',
    '-1',
    '1e400',
    '5',
    '"5"',
    '60',
    'true',
    '"yes"',
    'null',
    '""',
    '{}',
    '[]',
    '[1]',
    '2000001',
  ),
  fc.constantFrom(
    '"* * * * *"',
    '"mysql://x"',
    '"http://["',
    '"sqlite:///:memory:"',
    `"mysql://u:${SECRET}@/"`,
  ),
  jsonText,
);
const change = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...KEYS), scalar) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom('restricted_builders', 'ignored_builders', 'allowed_builders'),
      patternList.map((list) => JSON.stringify(list)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('__proto__', 'constructor.prototype', 'x', 'a.b', ''), scalar),
  },
);

function toJson(changes: readonly (readonly [string, string])[]): string {
  const root = JSON.parse(JSON.stringify(COMPLETE)) as Record<string, unknown>;
  for (const [key, text] of changes) {
    const path = key.split('.');
    let here = root;
    for (const name of path.slice(0, -1)) {
      const next = Object.hasOwn(here, name) ? here[name] : undefined;
      if (typeof next !== 'object' || next === null) define(here, name, {});
      here = Object.getOwnPropertyDescriptor(here, name)!.value as Record<string, unknown>;
    }
    define(here, path.at(-1)!, JSON.parse(text));
  }
  return JSON.stringify(root);
}

function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

const environmentText = fc.oneof(
  fc.constantFrom('', ' ', '0', '5', '-1', 'yes', 'nein', '[', '["a"', 'a,b', '/nonexistent', '1e9', SECRET),
  fc.string({ maxLength: 20 }).filter((text) => !/[*+?{\\[(]/.test(text)),
);

const cases = fc.record({
  service: fc.constantFrom(...SERVICE_NAMES),
  file: fc.oneof(
    { weight: 8, arbitrary: fc.array(change, { maxLength: 3 }).map(toJson) },
    { weight: 1, arbitrary: jsonText },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  ),
  environment: fc.dictionary(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...VARIABLES) },
      { weight: 1, arbitrary: fc.stringMatching(/^BBB_[A-Z_]{1,9}$/) },
    ),
    environmentText,
    { maxKeys: 2 },
  ),
});

describe('any configuration', () => {
  const { runs: numRuns, seed, timeout } = planCampaign({ usual: 200, full: 2_000, each: 10 });
  const follow = followCampaign('configurations', numRuns);
  const folder = mkdtempSync(join(tmpdir(), 'bbb-fuzz-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(
    'is loaded, or refused with a remedy and without its secrets',
    () => {
      const outcomes = new Tally(['loaded', 'refused']);
      const remedies = new Tally([
        'is missing',
        'is not valid JSON',
        'must hold a JSON object',
        'only Python knows',
        'begins with a bracket',
        'is not a regular expression',
        'read differently',
        'must be',
        'cannot be read',
      ]);
      const file = join(folder, 'config.json');
      let done = 0;
      fc.assert(
        fc.property(cases, ({ service, file: content, environment }) => {
          follow(done++);
          writeFileSync(file, content, { mode: 0o600 });
          try {
            const { configuration } = loadConfiguration(service, { file, environment, directory: folder });
            outcomes.add('loaded');
            expect(configuration.service).toBe(service);
            expect(() => new BuilderPolicy(configuration.builders)).not.toThrow();
          } catch (error) {
            if (!(error instanceof ConfigurationError)) throw error;
            outcomes.add('refused');
            expect(error.message).not.toContain(SECRET);
            expect(error.problems.length).toBeGreaterThan(0);
            for (const { remedy } of error.problems) {
              const known = [...remedies.counts.keys()].find((part) => remedy.includes(part));
              remedies.add(known ?? 'another');
            }
          }
          expect(Object.keys(Object.prototype)).toEqual([]);
        }),
        { numRuns, seed },
      );
      outcomes.print(`${numRuns} configurations, seed ${seed}`);
      remedies.print('remedies');
      expect([...outcomes.missing, ...remedies.missing]).toEqual([]);
    },
    timeout,
  );
});
