import { describe, expect, it } from '@jest/globals';
import { readPayload } from '@bbb/rules';
import { MODERN_PAYLOAD_RULES } from '../../../libs/buildbot/src/modern/payload-rules.js';
import { newKey } from '../../support/real-buildbot/master-calls.js';
import type { MasterDatabaseKind } from '../../support/real-buildbot/master-database.js';
import { MASTER_TIMEOUT_MS, type MasterUnderTest, withMaster } from '../../support/real-buildbot/masters.js';

const { text, propertyName, propertyPairBytes } = MODERN_PAYLOAD_RULES.limits;
/** Characters of the longest value that the payload rules accept. */
const LONGEST_VALUE = propertyPairBytes - '["", "bbb"]'.length;

/** What a stock scheduler passes on, and the databases that do not take it. */
const REFUSED: [string, Record<string, string>, MasterDatabaseKind[]][] = [
  ['a reason that is too long', { reason: 'x'.repeat(257) }, ['postgres', 'mysql']],
  ['a branch that is too long', { branch: 'x'.repeat(text + 1) }, ['postgres', 'mysql']],
  ['a reason with a character of four bytes', { reason: 'a 😀' }, ['mysql']],
  ['a reason with U+0000', { reason: 'a\0b' }, ['postgres']],
  ['a property that is too long', { taskId: 'x'.repeat(70_000) }, ['mysql']],
];

const STORED: [string, { properties?: object; sourcestamp?: object }][] = [
  ['the longest value', { properties: { long: 'x'.repeat(LONGEST_VALUE) } }],
  ['the longest name', { properties: { ['x'.repeat(propertyName)]: 1 } }],
  ['characters of four bytes in a value', { properties: { wide: '😀', nested: [{ '😀': null }] } }],
  [
    'the longest texts of the source stamp',
    {
      sourcestamp: Object.fromEntries(
        ['branch', 'revision', 'repository', 'project'].map((name) => [name, 'x'.repeat(text)]),
      ),
    },
  ],
];

/** What the columns of a master's database hold, as far as the payload rules depend on it. */
export function describeTextFacts(
  name: string,
  kind: MasterDatabaseKind,
  start: () => Promise<MasterUnderTest>,
): void {
  describe(`texts: ${name}`, () => {
    const found = withMaster(start);

    it.each(REFUSED)(
      'some databases do not take %s',
      async (_, params, refusedBy) => {
        const call = { builderNames: ['unserved'], ...params };
        const { status } = await found.master.rest.call('/forceschedulers/force', 'force', call);
        expect(status).toBe(refusedBy.includes(kind) ? 500 : 200);
      },
      MASTER_TIMEOUT_MS,
    );

    it.each(STORED)(
      'what the payload rules accept is stored as it is: %s',
      async (_, { properties = {}, sourcestamp = {} }) => {
        const payload = { buildername: 'unserved', properties, sourcestamp };
        expect(readPayload(payload, MODERN_PAYLOAD_RULES)).toMatchObject({ valid: true });
        const { buildset } = await found.calls.create({
          ...{ key: newKey(), builderNames: ['unserved'], properties, sourcestamp },
        });
        const [stored] = await found.master.rest.rows(`/buildsets/${buildset}/properties`);
        for (const [property, value] of Object.entries(properties))
          expect(stored[property]).toEqual([value, 'bridge']);
        const [set] = await found.master.rest.rows(`/buildsets/${buildset}`);
        expect(set.sourcestamps).toMatchObject([sourcestamp]);
      },
      MASTER_TIMEOUT_MS,
    );
  });
}
