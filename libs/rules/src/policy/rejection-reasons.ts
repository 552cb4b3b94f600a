import type { PayloadRules } from './payload-rules.js';

/** Reasons for which every kind of Buildbot's payload is rejected, in the words that a task's owner reads. */
const REASONS = {
  noObject: 'is required and must be an object',
  unknownKeys: 'has keys that no payload has',
  largePayload: 'is far larger than any payload may be, and was not read',
  noText: 'is required and must be a string',
  notText: 'must be a string',
  empty: 'is empty',
  control: 'has control characters',
  wide: 'has characters that the database cannot hold',
  unknownBuilder: 'no such builder in the builder list',
  unlistedName: 'is not plain ASCII, and there is no builder list that has it',
  notAscii: 'has characters other than printable ASCII, which would block the builder',
  noBranch: 'names no branch',
  dots: 'has . or .. for a component',
  noValue: 'is required and must be a string that is not empty',
  forbiddenName: 'has a forbidden name',
  reservedName: 'has a name that the bridge writes itself',
  nul: 'contains the character U+0000',
  halfCharacter: 'contains half of a surrogate pair',
  number: 'contains a number that is not kept exactly; write it as a string',
} as const;

export type RejectionReasons = ReturnType<typeof rejectionReasons>;

/** Everything that a payload can be rejected for; a text may be followed by names. */
export function rejectionReasons({ limits, branch }: PayloadRules) {
  return {
    ...REASONS,
    longName: `is longer than ${limits.builderNameBytes} bytes`,
    longText: `is longer than ${limits.text} characters`,
    shortBranch: `is shorter than ${branch.shortest} characters`,
    manyProperties: `has more than ${limits.properties} properties`,
    largeProperties: `take more than ${limits.totalBytes} bytes together`,
    propertyName: `has a name that is not 1 to ${limits.propertyName} printable ASCII characters`,
    deep: `is nested deeper than ${limits.depth} levels`,
    longPair: `takes more than ${limits.propertyPairBytes} bytes, the width of Buildbot's column`,
  };
}
