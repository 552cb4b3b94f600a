import type { JsonValue } from '@bbb/rules';
import type { SqlValue, Statements } from './connection.js';
import type { SchedulerSchema } from './schema.js';

/** A request as one of Buildbot's own schedulers would submit it. */
export interface Submission {
  buildername: string;
  /** Epoch seconds, whole. */
  submittedAt: number;
  branch?: string | null;
  revision?: string | null;
  priority?: number;
  reason?: string;
  externalId?: string | null;
  properties?: Readonly<Record<string, JsonValue>>;
  /** Who set the properties; default `Scheduler`. */
  source?: string;
}

/** Writes the rows of one request, the request itself last. @returns its id */
export async function submitRequest(
  statements: Statements,
  schema: SchedulerSchema,
  submission: Submission,
): Promise<number> {
  const stamp = {
    branch: submission.branch ?? null,
    revision: submission.revision ?? null,
    repository: '',
    project: '',
  };
  const set: Record<string, SqlValue> = {};
  if (schema === 6) {
    set.sourcestampid = await statements.insert('sourcestamps', stamp);
  } else {
    set.sourcestampsetid = await statements.insert('sourcestampsets', {});
    await statements.insert('sourcestamps', {
      ...stamp,
      codebase: '',
      sourcestampsetid: set.sourcestampsetid,
    });
  }
  const buildsetid = await statements.insert('buildsets', {
    external_idstring: submission.externalId ?? null,
    reason: submission.reason ?? 'scheduler',
    submitted_at: submission.submittedAt,
    complete: 0,
    ...set,
  });
  for (const [name, value] of Object.entries(submission.properties ?? {})) {
    await statements.insert('buildset_properties', {
      buildsetid,
      property_name: name,
      property_value: JSON.stringify([value, submission.source ?? 'Scheduler']),
    });
  }
  return statements.insert('buildrequests', {
    buildsetid,
    buildername: submission.buildername,
    submitted_at: submission.submittedAt,
    priority: submission.priority ?? 0,
    complete: 0,
    ...(schema === 6 ? { claimed_at: 0 } : {}),
  });
}
