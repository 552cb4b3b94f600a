import type { PayloadRules } from './payload-rules.js';

/** Reasons to reject a payload for any kind of Buildbot, as a task's owner reads them. */
const REASONS = {
  noObject: 'is required and must be an object',
  unknownKeys: 'has unknown keys',
  largePayload: 'is too large and was not read',
  noText: 'is required and must be a string',
  notText: 'must be a string',
  empty: 'is empty',
  control: 'contains control characters',
  wide: 'contains characters that the database cannot store',
  unknownBuilder: 'is not in the builder list',
  unlistedName:
    'must be plain ASCII without spaces at its ends, because there is no builder list to check it against',
  notAscii: 'must be printable ASCII; other characters would block the builder',
  noBranch: 'contains no branch name',
  dots: 'must not contain . or .. as a path component',
  noValue: 'is required and must be a non-empty string',
  forbiddenName: 'has a forbidden name',
  reservedName: 'has a name that is reserved for the bridge or Buildbot',
  nul: 'contains the character U+0000',
  halfCharacter: 'contains half of a surrogate pair',
  number: 'contains a number that cannot be stored exactly; write it as a string',
} as const;

export type RejectionReasons = ReturnType<typeof createRejectionReasons>;

/** All reasons to reject a payload; a reason may be followed by names. */
export function createRejectionReasons({ limits, branch }: PayloadRules) {
  return {
    ...REASONS,
    longName: `is longer than ${limits.builderNameBytes} bytes`,
    longText: `is longer than ${limits.text} characters`,
    shortBranch: `is shorter than ${branch.shortest} characters`,
    manyProperties: `has more than ${limits.properties} properties`,
    largeProperties: `take more than ${limits.totalBytes} bytes in total`,
    propertyName: `has a name that is not 1 to ${limits.propertyName} printable ASCII characters`,
    deep: `is nested deeper than ${limits.depth} levels`,
    longPair: `takes more than ${limits.propertyPairBytes} bytes, the width of Buildbot's column`,
  };
}
