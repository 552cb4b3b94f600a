import { asciiJson, type RequestSpec, type RequestKey } from '@bbb/rules';
import type { SchedulerSchema } from './schema.js';
import type { Value } from './sql.js';

/** Source that Buildbot shows for every property of a bridge's request. */
const PROPERTY_SOURCE = 'bbb';

/** Property that tells apart two runs of one task which were scheduled in the same second. */
export const RUN_PROPERTY = 'createdForRunId';

const REASON = 'Created by BBB for task ';

/** Pattern for LIKE that finds the requests of bridges, ours and the original. */
export const REASON_PATTERN = `${REASON}%`;

/** The rows of one request without the ids that connect them. */
export interface RequestRows {
  sourcestamp: Record<string, Value>;
  buildset: Record<string, Value>;
  properties: readonly (readonly [name: string, value: string])[];
  buildrequest: Record<string, Value>;
  /** Whether buildset and source stamp meet in a row of `sourcestampsets`, which is inserted first. */
  inSet: boolean;
}

/** Text by which other systems find a task's buildset; the original bridge's, unchanged. */
export function externalId({ taskId }: Pick<RequestKey, 'taskId'>): string {
  return `taskId:${taskId}`;
}

/** The task that a buildset's reason names, if it is a bridge's. */
export function taskIdOf(reason: string): string | undefined {
  return reason.startsWith(REASON) ? reason.slice(REASON.length) : undefined;
}

/**
 * What a request is made of in the database. Reason, external id, submission time and the properties' form are read
 * by the masters, by Treeherder and by the tools that start machines: they stay as the original bridge wrote them.
 *
 * Masters load every pair with a JSON parser and no safety net, so each is a JSON array of exactly two, in ASCII.
 */
export function requestRows(order: RequestSpec, schema: SchedulerSchema): RequestRows {
  const properties = { ...order.properties, taskId: order.taskId, [RUN_PROPERTY]: order.createdForRunId };
  return {
    sourcestamp: {
      branch: order.branch,
      revision: order.revision,
      // MySQL's columns have no default.
      repository: order.repository,
      project: order.project,
      ...(schema.codebase ? { codebase: '' } : {}),
    },
    buildset: {
      external_idstring: externalId(order),
      reason: `${REASON}${order.taskId}`,
      submitted_at: order.submittedAt,
      complete: 0,
    },
    properties: Object.entries(properties).map(([name, value]) => [
      name,
      asciiJson([value, PROPERTY_SOURCE]),
    ]),
    buildrequest: {
      buildername: order.buildername,
      priority: order.priority,
      submitted_at: order.submittedAt,
      complete: 0,
      // Masters pick what is claimed at a time before now; NULL is never before anything.
      ...(schema.claims === 'columns' ? { claimed_at: 0 } : {}),
    },
    inSet: schema.sourcestamps === 'set',
  };
}
