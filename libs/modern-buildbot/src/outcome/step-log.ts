import * as z from 'zod';
import type { Query, RestClient } from '../rest/rest-client.js';

const FAILURE = 2;
const EXCEPTION = 4;

/** Lines in one read; a worker splits lines at 4 KiB. */
const PAGE = 1000;

/** The type of a log whose lines begin with their channel: output, error output, or header. */
const STDIO = 's';

const stepList = z.object({
  steps: z.array(z.object({ number: z.int(), name: z.string(), results: z.int().nullable() })),
});
const logList = z.object({
  logs: z.array(z.object({ logid: z.int(), slug: z.string(), type: z.string(), num_lines: z.int() })),
});
const chunkList = z.object({ logchunks: z.array(z.object({ content: z.string() })).length(1) });

export function hasFailed(results: number | null): boolean {
  return results === FAILURE || results === EXCEPTION;
}

/**
 * Reads the end of the log `stdio` of the first step that failed. Its header lines are left out: they are not written by the
 * command, and hold the environment of the worker.
 *
 * @param most maximum bytes
 * @returns undefined when no step failed, or it has no such log
 */
export async function readFailedStepLog(
  client: RestClient,
  buildId: number,
  most: number,
): Promise<{ step: string; text: string } | undefined> {
  const path = `/api/v2/builds/${buildId}/steps`;
  const { steps } = await client.get(path, selectFields('number', 'name', 'results'), stepList, 'urgent');
  const step = steps.find(({ results }) => hasFailed(results));
  if (!step) return undefined;
  const fields = selectFields('logid', 'slug', 'type', 'num_lines');
  const { logs } = await client.get(`${path}/${step.number}/logs`, fields, logList, 'urgent');
  const log = logs.find(({ slug, type }) => slug === 'stdio' && type === STDIO);
  if (!log) return undefined;
  return { step: step.name, text: await readEnd(client, log.logid, log.num_lines, most) };
}

async function readEnd(client: RestClient, logId: number, lines: number, most: number): Promise<string> {
  const pages: string[] = [];
  let size = 0;
  for (let end = lines; end > 0 && size < most; end -= PAGE) {
    const offset = Math.max(0, end - PAGE);
    const query = [['offset', offset] as const, ['limit', end - offset] as const];
    const { logchunks } = await client.get(`/api/v2/logs/${logId}/contents`, query, chunkList, 'urgent');
    const page = withoutHeaders(logchunks[0]!.content);
    size += Buffer.byteLength(page);
    pages.unshift(page);
  }
  return pages.join('');
}

function withoutHeaders(content: string): string {
  return content
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('h'))
    .map((line) => `${line.slice(1)}\n`)
    .join('');
}

function selectFields(...names: string[]): Query {
  return names.map((name) => ['field', name] as const);
}
