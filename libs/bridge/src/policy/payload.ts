import { z } from 'zod';
import { asciiJson } from './ascii-json.js';
import type { JsonValue } from '../json.js';

/** Names that the bridge, the master or its post-run step writes itself; a task may not choose their values. */
export const RESERVED_PROPERTIES = [
  'taskId',
  'createdForRunId',
  'request_ids',
  'request_times',
  'log_url',
  'statusdb_id',
];

/** The scheduler database's limits (schema 6): a pair longer than its column blocks the builder for everybody. */
export const PAYLOAD_LIMITS = {
  text: 255,
  propertyName: 255,
  propertyPairBytes: 1024,
  properties: 256,
  totalBytes: 64 * 1024,
  depth: 8,
} as const;

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** The character U+0000 in JSON; behind an odd number of backslashes it is not an escape but plain letters. */
const NUL_ESCAPE = /(?<!\\)(?:\\\\)*\\u0000/;
const DANGEROUS = ['__proto__', 'constructor', 'prototype'];

const text = z
  .string()
  .max(PAYLOAD_LIMITS.text, `is longer than ${PAYLOAD_LIMITS.text} characters`)
  .regex(PRINTABLE_ASCII, 'has characters other than printable ASCII, which would block the builder');

const schema = z.strictObject({
  buildername: z
    .string('is required and must be a string')
    .min(1, 'is empty')
    .max(PAYLOAD_LIMITS.text, `is longer than ${PAYLOAD_LIMITS.text} characters`)
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    .regex(/^[^\x00-\x1f\x7f]*$/, 'has control characters'),
  sourcestamp: z.strictObject(
    {
      // A build can be cancelled only by its branch; three letters are the shortest real ones.
      branch: text.min(3, 'is shorter than 3 characters'),
      revision: text.nullish(),
      repository: text.nullish(),
      project: text.nullish(),
    },
    { error: ({ code }) => (code === 'invalid_type' ? 'is required and must be an object' : undefined) },
  ),
  // Not a record of zod's: it drops the name `__proto__` without a word.
  properties: z.unknown().superRefine((properties, context) => {
    if (!isRecord(properties)) {
      context.addIssue({ code: 'custom', message: 'is required and must be an object' });
      return;
    }
    for (const problem of propertyProblems(properties)) context.addIssue({ code: 'custom', ...problem });
  }),
});

/** A payload that a 0.8 master can load. */
export interface Payload {
  buildername: string;
  branch: string;
  revision: string | null;
  repository: string;
  project: string;
  properties: Record<string, JsonValue>;
}

export type PayloadJudgement = { valid: true; payload: Payload } | { valid: false; problems: string[] };

/** Checks a task's payload against the schema and the limits; every problem is told, by key. Never throws. */
export function readPayload(payload: unknown): PayloadJudgement {
  const result = schema.safeParse(payload);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `payload${path.map((key) => `.${printable(key)}`).join('')}: ${message}`,
    );
    return { valid: false, problems: problems.slice(0, 20) };
  }
  const { buildername, sourcestamp, properties } = result.data;
  const branch = branchPath(sourcestamp.branch);
  if (branch === '') return { valid: false, problems: ['payload.sourcestamp.branch: names no branch'] };
  return {
    valid: true,
    payload: {
      buildername,
      branch,
      revision: sourcestamp.revision ?? null,
      repository: sourcestamp.repository ?? '',
      project: sourcestamp.project ?? '',
      properties: properties as Record<string, JsonValue>,
    },
  };
}

/** A branch given as a URL is reduced to its path; slashes at both ends go. */
export function branchPath(branch: string): string {
  return branch.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '');
}

function* propertyProblems(
  properties: Record<string, unknown>,
): Generator<{ path: string[]; message: string }> {
  const names = Object.keys(properties);
  if (names.length > PAYLOAD_LIMITS.properties)
    yield { path: [], message: `has more than ${PAYLOAD_LIMITS.properties} properties` };
  if (typeof properties.product !== 'string' || properties.product === '') {
    yield { path: ['product'], message: 'is required and must be a string' };
  }
  let total = 0;
  for (const name of names) {
    const path = [name];
    if (!/^[\x21-\x7e]{1,255}$/.test(name))
      yield { path, message: 'has a name that is not 1 to 255 printable ASCII characters' };
    else if (DANGEROUS.includes(name)) yield { path, message: 'has a forbidden name' };
    else if (RESERVED_PROPERTIES.includes(name))
      yield { path, message: 'has a name that the bridge writes itself' };
    if (depthOf(properties[name]) > PAYLOAD_LIMITS.depth) {
      yield { path, message: `is nested deeper than ${PAYLOAD_LIMITS.depth} levels` };
      continue;
    }
    const pair = asciiJson([properties[name] as JsonValue, 'bbb']);
    total += name.length + pair.length;
    if (pair.length > PAYLOAD_LIMITS.propertyPairBytes) {
      yield {
        path,
        message: `takes more than ${PAYLOAD_LIMITS.propertyPairBytes} bytes, the width of Buildbot's column`,
      };
    }
    if (NUL_ESCAPE.test(pair)) yield { path, message: 'contains the character U+0000' };
  }
  if (total > PAYLOAD_LIMITS.totalBytes)
    yield { path: [], message: `take more than ${PAYLOAD_LIMITS.totalBytes} bytes together` };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Levels of nesting, counted without recursion because the input is anybody's; stops soon after the limit. */
function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth++) {
    level = level.flatMap((item) =>
      item !== null && typeof item === 'object' ? (Object.values(item) as unknown[]) : [],
    );
    if (level.length === 0 || depth > PAYLOAD_LIMITS.depth) return depth;
  }
}

function printable(key: PropertyKey): string {
  return String(key)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 60);
}
