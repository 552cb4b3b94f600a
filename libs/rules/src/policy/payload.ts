import * as z from 'zod';
import type { JsonValue } from '../json.js';
import type { PayloadRules } from './payload-rules.js';
import { findPropertyProblems } from './property-problems.js';
import { type RejectionReasons, createRejectionReasons } from './rejection-reasons.js';
import { countUnits } from './units.js';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** MySQL's utf8 holds at most three bytes per character: a longer one becomes a question mark, or an error. */
const WIDE = /[\u{10000}-\u{10ffff}]|\p{Surrogate}/u;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

type PayloadSchema = ReturnType<typeof createSchema>;

const SCHEMAS = new WeakMap<PayloadRules, PayloadSchema>();

function findSchema(rules: PayloadRules): PayloadSchema {
  const schema = SCHEMAS.get(rules) ?? createSchema(rules);
  SCHEMAS.set(rules, schema);
  return schema;
}

function createSchema(rules: PayloadRules) {
  const { limits, branch } = rules;
  const reasons = createRejectionReasons(rules);
  const text = z
    .string(reasons.notText)
    .max(limits.text, reasons.longText)
    .regex(PRINTABLE_ASCII, reasons.notAscii);
  const branchName = z
    .string(reasons.noText)
    .min(branch.shortest, reasons.shortBranch)
    .max(limits.text, reasons.longText)
    .regex(PRINTABLE_ASCII, reasons.notAscii)
    .refine((given) => toBranchPath(given) !== '', reasons.noBranch)
    .refine((given) => branch.mayHaveDots || !toBranchPath(given).split('/').some(isDots), reasons.dots);
  const buildername = z
    .string(reasons.noText)
    .min(1, reasons.empty)
    .refine((name) => countBytes(name) <= limits.builderNameBytes, reasons.longName)
    .refine((name) => !CONTROL.test(name), reasons.control)
    .refine((name) => !WIDE.test(name), reasons.wide);
  const describeIssue = (issue: { code?: string; keys?: unknown }) => describeObjectProblem(issue, reasons);
  return z.strictObject(
    {
      buildername,
      sourcestamp: z.strictObject(
        {
          branch: branch.isRequired ? branchName : branchName.nullish(),
          revision: text.nullish(),
          repository: text.nullish(),
          project: text.nullish(),
        },
        { error: describeIssue },
      ),
      // Not zod's record, which silently drops the name `__proto__`.
      properties: z.unknown().superRefine((properties, context) => {
        if (!isRecord(properties)) {
          context.addIssue({ code: 'custom', message: reasons.noObject });
          return;
        }
        for (const problem of findPropertyProblems(properties, rules, reasons))
          context.addIssue({ code: 'custom', ...problem });
      }),
    },
    { error: describeIssue },
  );
}

/** A valid payload, as its kind of Buildbot can load it. */
export interface Payload {
  buildername: string;
  /** Reduced to its path, without slashes at its ends. */
  branch: string | null;
  revision: string | null;
  repository: string;
  project: string;
  properties: Record<string, JsonValue>;
}

export type PayloadJudgement = { valid: true; payload: Payload } | { valid: false; problems: string[] };

/** Maximum number of problems that are listed. */
const MOST_PROBLEMS = 20;

/** Maximum size of a payload that is validated, as a multiple of the maximum size of all properties. */
const LOOKED_AT = 4;

/** Checks a task's payload against the rules of its Buildbot; lists every problem by key. Never throws. */
export function readPayload(payload: unknown, rules: PayloadRules): PayloadJudgement {
  const limit = LOOKED_AT * rules.limits.totalBytes;
  if (countUnits(payload, limit) > limit) {
    return { valid: false, problems: [`payload: ${createRejectionReasons(rules).largePayload}`] };
  }
  const result = findSchema(rules).safeParse(payload);
  if (!result.success) {
    const problems = result.error.issues.slice(0, MOST_PROBLEMS).map(({ path, message }) => {
      return `payload${path.map((key) => `.${toPrintable(String(key))}`).join('')}: ${message}`;
    });
    return { valid: false, problems };
  }
  const { buildername, sourcestamp, properties } = result.data;
  return {
    valid: true,
    payload: {
      buildername,
      branch: typeof sourcestamp.branch === 'string' ? toBranchPath(sourcestamp.branch) : null,
      revision: sourcestamp.revision ?? null,
      repository: sourcestamp.repository ?? '',
      project: sourcestamp.project ?? '',
      properties: properties as Record<string, JsonValue>,
    },
  };
}

/** Reduces a branch given as a URL to its path, and removes slashes at both ends. */
export function toBranchPath(branch: string): string {
  const path = branch.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
  let [start, end] = [0, path.length];
  while (path[start] === '/') start++;
  while (path[end - 1] === '/') end--;
  return path.slice(start, end);
}

function isDots(component: string): boolean {
  return component === '.' || component === '..';
}

function describeObjectProblem(issue: { code?: string; keys?: unknown }, reasons: RejectionReasons): string {
  if (issue.code !== 'unrecognized_keys') return reasons.noObject;
  const keys = issue.keys as string[];
  const more = keys.length > 5 ? ', and others' : '';
  return `${reasons.unknownKeys}: ${keys.slice(0, 5).map(toPrintable).join(', ')}${more}`;
}

function countBytes(name: string): number {
  return new TextEncoder().encode(name).length;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function toPrintable(key: string): string {
  return key.slice(0, 60).replace(/[^\x20-\x7e]/g, '?');
}
