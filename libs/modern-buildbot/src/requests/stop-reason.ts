import * as z from 'zod';
import type { Urgency } from '../rest/call-limit.js';
import type { Query, RestClient } from '../rest/rest-client.js';
import type { BuildRow } from './rows.js';

const CANCELLED = 6;

/** The state of a build whose master has written the reason of the stop last. */
const WITH_REASON = /^cancelled \(/;

const stepList = z.object({ steps: z.array(z.object({ number: z.int(), results: z.int().nullable() })) });
const logList = z.object({ logs: z.array(z.object({ logid: z.int(), slug: z.string() })) });
const chunkList = z.object({ logchunks: z.array(z.object({ content: z.string() })).length(1) });

/** The logs that hold the reason; the second of a step that waited for a lock. */
const REASONS = ['cancelled', 'cancelled_while_waiting_for_locks'];

/**
 * Why a build was stopped.
 *
 * A master writes the reason into the state of the build, and into a log of the step that it interrupts. The text of that
 * step may replace the state, because both are written at the same time, with PostgreSQL over several connections. The log is
 * written before the step is interrupted (`interrupt` in process/buildstep.py, 3.7 to 4.3).
 *
 * @returns the text with the reason; undefined when Buildbot has none
 */
export async function readStopReason(
  client: RestClient,
  { buildid, results, state_string: text }: BuildRow,
  urgency: Urgency,
): Promise<string | undefined> {
  if (results !== CANCELLED) return undefined;
  if (text !== null && WITH_REASON.test(text)) return text;
  const path = `/api/v2/builds/${buildid}/steps`;
  const { steps } = await client.get(path, select('number', 'results'), stepList, urgency);
  for (const step of steps.filter((one) => one.results === CANCELLED)) {
    const { logs } = await client.get(
      `${path}/${step.number}/logs`,
      select('logid', 'slug'),
      logList,
      urgency,
    );
    const log = logs.find(({ slug }) => REASONS.includes(slug));
    if (!log) continue;
    const { logchunks } = await client.get(`/api/v2/logs/${log.logid}/contents`, [], chunkList, urgency);
    return `(${logchunks[0]!.content.trim()})`;
  }
  return undefined;
}

function select(...names: string[]): Query {
  return names.map((name) => ['field', name] as const);
}
