/**
 * The scheduler database's limits (schema 6, also kept where a later one would bear more): a pair longer than its
 * column blocks the builder for everybody.
 */
export const PAYLOAD_LIMITS = {
  /** Characters of a branch, revision, repository or project; ASCII, so bytes as well. */
  text: 255,
  /** Of a builder's name in UTF-8. */
  builderNameBytes: 255,
  propertyName: 255,
  propertyPairBytes: 1024,
  properties: 256,
  totalBytes: 64 * 1024,
  depth: 8,
} as const;
