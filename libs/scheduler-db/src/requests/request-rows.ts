import { toAsciiJson, Invalid, type RequestKey, type RequestMark, type RequestSpec } from '@bbb/rules';
import type { SchedulerSchema } from '../schema/recognise-schema.js';
import { describeValue } from '../connection/columns.js';
import type { Row, Value } from '../connection/sql.js';

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
export function formatExternalId({ taskId }: Pick<RequestKey, 'taskId'>): string {
  return `taskId:${taskId}`;
}

/** The task that a buildset's reason names, if it is a bridge's. */
export function readTaskId(reason: string): string | undefined {
  return reason.startsWith(REASON) ? reason.slice(REASON.length) : undefined;
}

/** The columns of a buildset that name the task and run it was created for, under these names in a row. */
export const MARK_COLUMNS =
  'bs.reason AS reason, bs.external_idstring AS external_id, p.property_name AS run_property, p.property_value AS run';

/** Joins the property of {@link MARK_COLUMNS}. MySQL compares names without case, so that it may find others, too. Takes {@link RUN_PROPERTY}. */
export function joinMarks(buildsetId: string): string {
  return `LEFT JOIN buildset_properties p ON p.buildsetid = ${buildsetId} AND p.property_name = ?`;
}

/** The task and run that a row names; null when reason and external id do not name one task. */
export function readMark(row: Row): RequestMark | null {
  const taskId = typeof row.reason === 'string' ? readTaskId(row.reason) : undefined;
  if (taskId === undefined || row.external_id !== formatExternalId({ taskId })) return null;
  return { taskId, createdForRunId: readRunId(row) };
}

/** One row of each request, in the rows' order: the one with the property, where MySQL joined a property of another case. */
export function keepOnePerRequest(rows: readonly Row[]): Row[] {
  const kept = new Map<unknown, Row>();
  for (const row of rows) if (!kept.has(row.id) || namesRun(row)) kept.set(row.id, row);
  return [...kept.values()];
}

/** Whether a row holds the very property, not one whose name MySQL takes for the same. */
export function namesRun(row: Row): boolean {
  return row.run_property === RUN_PROPERTY;
}

/**
 * The run that a row's property names; null when there is no such property.
 *
 * @throws Invalid when it names something else: the row then says nothing about its run
 */
export function readRunId(row: Row): number | null {
  if (!namesRun(row)) return null;
  const runId = typeof row.run === 'string' ? firstOf(row.run) : undefined;
  if (Number.isSafeInteger(runId) && (runId as number) >= 0) return runId as number;
  throw new Invalid(`${RUN_PROPERTY} is not a run but ${describeValue(row.run)}`);
}

/** The value in a property's pair of value and source. */
function firstOf(pair: string): unknown {
  try {
    const [value] = JSON.parse(pair) as unknown[];
    return value;
  } catch {
    return undefined;
  }
}

/** Whether a row's property names this run; one that cannot be read names none. */
export function isOfRun(row: Row, runId: number): boolean {
  return namesRun(row) && typeof row.run === 'string' && firstOf(row.run) === runId;
}

/**
 * What a request is made of in the database. Reason, external id, submission time and the properties' form are read
 * by the masters, by Treeherder and by the tools that start machines: they stay as the original bridge wrote them.
 *
 * Masters load every pair with a JSON parser and no safety net, so each is a JSON array of exactly two, in ASCII.
 */
export function createRequestRows(order: RequestSpec, schema: SchedulerSchema): RequestRows {
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
      external_idstring: formatExternalId(order),
      reason: `${REASON}${order.taskId}`,
      submitted_at: order.scheduledAt,
      complete: 0,
    },
    properties: Object.entries(properties).map(([name, value]) => [
      name,
      toAsciiJson([value, PROPERTY_SOURCE]),
    ]),
    buildrequest: {
      buildername: order.buildername,
      priority: order.priority,
      submitted_at: order.scheduledAt,
      complete: 0,
      // Masters pick what is claimed at a time before now; NULL is never before anything.
      ...(schema.claims === 'columns' ? { claimed_at: 0 } : {}),
    },
    inSet: schema.sourcestamps === 'set',
  };
}
