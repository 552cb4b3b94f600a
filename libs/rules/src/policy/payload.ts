import * as z from 'zod';
import type { JsonValue } from '../json.js';
import { PAYLOAD_LIMITS } from './limits.js';
import { PROBLEMS } from './rejection-reasons.js';
import { propertyProblems } from './property-problems.js';

export { PAYLOAD_LIMITS } from './limits.js';
export { RESERVED_PROPERTIES } from './property-problems.js';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** MySQL's utf8 has three bytes at most: what takes four becomes a question mark, or an error. */
const WIDE = /[\u{10000}-\u{10ffff}]|\p{Surrogate}/u;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

const text = z
  .string(PROBLEMS.notText)
  .max(PAYLOAD_LIMITS.text, PROBLEMS.longText)
  .regex(PRINTABLE_ASCII, PROBLEMS.notAscii);

const branch = z
  .string(PROBLEMS.noText)
  // A build can be cancelled only by its branch; three letters are the shortest real ones.
  .min(3, PROBLEMS.shortBranch)
  .max(PAYLOAD_LIMITS.text, PROBLEMS.longText)
  .regex(PRINTABLE_ASCII, PROBLEMS.notAscii)
  .refine((given) => branchPath(given) !== '', PROBLEMS.noBranch)
  // Self Serve has the branch in its paths, where these mean another one.
  .refine((given) => !branchPath(given).split('/').some(isDots), PROBLEMS.dots);

const buildername = z
  .string(PROBLEMS.noText)
  .min(1, PROBLEMS.empty)
  .refine((name) => bytesOf(name) <= PAYLOAD_LIMITS.builderNameBytes, PROBLEMS.longName)
  .refine((name) => !CONTROL.test(name), PROBLEMS.control)
  .refine((name) => !WIDE.test(name), PROBLEMS.wide);

const schema = z.strictObject(
  {
    buildername,
    sourcestamp: z.strictObject(
      { branch, revision: text.nullish(), repository: text.nullish(), project: text.nullish() },
      { error: objectProblem },
    ),
    // Not a record of zod's: it drops the name `__proto__` without a word.
    properties: z.unknown().superRefine((properties, context) => {
      if (!isRecord(properties)) {
        context.addIssue({ code: 'custom', message: PROBLEMS.noObject });
        return;
      }
      for (const problem of propertyProblems(properties)) context.addIssue({ code: 'custom', ...problem });
    }),
  },
  { error: objectProblem },
);

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

/** Problems that are told at most. */
const MOST_PROBLEMS = 20;

/** Checks a task's payload against the schema and the limits; every problem is told, by key. Never throws. */
export function readPayload(payload: unknown): PayloadJudgement {
  const result = schema.safeParse(payload);
  if (!result.success) {
    const problems = result.error.issues.slice(0, MOST_PROBLEMS).map(({ path, message }) => {
      return `payload${path.map((key) => `.${printable(String(key))}`).join('')}: ${message}`;
    });
    return { valid: false, problems };
  }
  const { buildername, sourcestamp, properties } = result.data;
  return {
    valid: true,
    payload: {
      buildername,
      branch: branchPath(sourcestamp.branch),
      revision: sourcestamp.revision ?? null,
      repository: sourcestamp.repository ?? '',
      project: sourcestamp.project ?? '',
      properties: properties as Record<string, JsonValue>,
    },
  };
}

/** A branch given as a URL is reduced to its path; slashes at both ends go. */
export function branchPath(branch: string): string {
  const path = branch.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  let [start, end] = [0, path.length];
  while (path[start] === '/') start++;
  while (path[end - 1] === '/') end--;
  return path.slice(start, end);
}

function isDots(component: string): boolean {
  return component === '.' || component === '..';
}

function objectProblem(issue: { code?: string; keys?: unknown }): string {
  if (issue.code !== 'unrecognized_keys') return PROBLEMS.noObject;
  const keys = issue.keys as string[];
  const more = keys.length > 5 ? ', and others' : '';
  return `${PROBLEMS.unknownKeys}: ${keys.slice(0, 5).map(printable).join(', ')}${more}`;
}

function bytesOf(name: string): number {
  return new TextEncoder().encode(name).length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function printable(key: string): string {
  return key.slice(0, 60).replace(/[^\x20-\x7e]/g, '?');
}
