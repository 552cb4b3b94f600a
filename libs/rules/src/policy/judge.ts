import type { Buildbot, RequestSpec, RequestKey } from '../ports/buildbot.js';
import type { TaskDefinition } from '../ports/task-queue.js';
import type { BuilderPolicy } from './builder-policy.js';
import { readPayload } from './payload.js';
import { createRejectionReasons } from './rejection-reasons.js';

/** What a task's definition leads to: a build request, nothing (an ignored builder), or a rejection. */
export type Judgement =
  { is: 'accepted'; spec: RequestSpec } | { is: 'ignored' } | { is: 'rejected'; reasons: string[] };

/** Task priorities that raise the request's priority. The original bridge knew `high`; Taskcluster added the others later. */
const URGENT = new Set(['highest', 'very-high', 'high']);

/** ASCII without a space at its ends: every database compares such names in the same way, except for case. */
const PLAIN_NAME = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Judges a task's definition. Ignored builders come first: even their invalid payloads belong to another installation.
 *
 * @param buildbot whose payload rules count; its builder list is read only for a payload that passes
 * @throws what `buildbot.knows` throws
 */
export async function judge(
  definition: TaskDefinition,
  key: RequestKey,
  policy: BuilderPolicy,
  buildbot: Pick<Buildbot, 'payloadRules' | 'knows' | 'findProblems'>,
): Promise<Judgement> {
  const named = (definition.payload as { buildername?: unknown } | null)?.buildername;
  if (typeof named === 'string' && policy.judge(named, definition.scopes).is === 'ignored')
    return { is: 'ignored' };

  const reasons = createRejectionReasons(buildbot.payloadRules);
  if (definition.isAbridged) return { is: 'rejected', reasons: [`payload: ${reasons.largePayload}`] };
  const reading = readPayload(definition.payload, buildbot.payloadRules);
  if (!reading.valid) return { is: 'rejected', reasons: reading.problems };
  const { payload } = reading;

  const { buildername } = payload;
  const judgement = policy.judge(buildername, definition.scopes);
  if (judgement.is === 'rejected') return { is: 'rejected', reasons: [judgement.reason] };
  const standing = await buildbot.knows(buildername);
  if (standing === 'unknown')
    return { is: 'rejected', reasons: [`payload.buildername: ${reasons.unknownBuilder}`] };
  if (standing === 'unchecked') {
    // A database may take the name for that of another builder, so only plain names are accepted.
    if (!PLAIN_NAME.test(buildername))
      return { is: 'rejected', reasons: [`payload.buildername: ${reasons.unlistedName}`] };
    const inAnyCase = policy.judge(buildername, definition.scopes, 'any case');
    if (inAnyCase.is === 'rejected') return { is: 'rejected', reasons: [inAnyCase.reason] };
  }
  const problems = await buildbot.findProblems(payload);
  if (problems.length > 0) return { is: 'rejected', reasons: problems };
  return { is: 'accepted', spec: { ...key, ...payload, priority: URGENT.has(definition.priority) ? 1 : 0 } };
}
