import type { PayloadRules } from '@bbb/rules';

/**
 * Payloads that Buildbot 3.7 and newer accept. Properties are JSON in a column that holds at least 64 KiB; the plugin
 * accepts texts of up to 256 characters.
 */
export const MODERN_PAYLOAD_RULES: PayloadRules = {
  limits: {
    text: 256,
    builderNameBytes: 255,
    propertyName: 256,
    // One less than MariaDB's TEXT, and the source is `bridge`, three bytes longer than `bbb`.
    propertyPairBytes: 64 * 1024 - 1 - 3,
    properties: 256,
    totalBytes: 256 * 1024,
    depth: 32,
  },
  reservedProperties: [
    // Written by the bridge and its plugin.
    'taskId',
    'createdForRunId',
    'bridge_id',
    'scheduler',
    // Move a build to another builder.
    'virtual_builder_name',
    'virtual_builder_description',
    'virtual_builder_tags',
    'virtual_builder_project',
    // Written by the master; some only after the start of the build, so a step could read the task's value before.
    'owner',
    'owners',
    'reason',
    'buildername',
    'builderid',
    'buildnumber',
    'workername',
    'branch',
    'revision',
    'repository',
    'project',
    'codebase',
    'got_revision',
    'builddir',
    'basedir',
  ],
  requiredProperties: [],
  branch: { isRequired: false, shortest: 0, mayHaveDots: true },
};
