import type { PayloadRules } from '@bbb/rules';

/**
 * What Buildbot 0.8 accepts. The limits are those of its scheduler database (schema 6, also kept where a later schema
 * has wider columns): a pair that is longer than its column blocks the builder for everybody.
 */
export const LEGACY_PAYLOAD_RULES: PayloadRules = {
  limits: {
    text: 255,
    builderNameBytes: 255,
    propertyName: 255,
    propertyPairBytes: 1024,
    properties: 256,
    totalBytes: 64 * 1024,
    depth: 8,
  },
  /** Written by the bridge, the master or its post-run step. */
  reservedProperties: ['taskId', 'createdForRunId', 'request_ids', 'request_times', 'log_url', 'statusdb_id'],
  /** Without `product` the post-run step fails, and no message tells of the build's end. */
  requiredProperties: ['product'],
  // Self Serve cancels by branch: it has the branch in its paths, and three letters are the shortest real ones.
  branch: { isRequired: true, shortest: 3, mayHaveDots: false },
};
