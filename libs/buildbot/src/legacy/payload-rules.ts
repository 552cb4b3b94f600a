import type { PayloadRules } from '@bbb/rules';

/**
 * Payloads that Buildbot 0.8 accepts. The limits are those of its scheduler database (schema 6; also used for later schemas
 * with wider columns): a pair that is longer than its column blocks the builder for all tasks.
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
  /** Without `product` the post-run step fails, and there is no message about the end of the build. */
  requiredProperties: ['product'],
  // Self Serve has the branch in its paths; the shortest real branch names have three letters.
  branch: { isRequired: true, shortest: 3, mayHaveDots: false },
};
