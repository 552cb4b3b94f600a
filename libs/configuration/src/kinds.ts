import { CronTime } from 'cron';
import * as z from 'zod';
import { parseDatabaseUrl } from '@bbb/sql';
import { isCertificate } from './checks/certificate.js';
import { hideDatabasePassword, hideWebSecrets } from './hidden-urls.js';
import { readMasterUrl } from './masters.js';
import { findPatternProblem } from './patterns/pattern.js';
import { listFromText } from './patterns/list-from-text.js';
import type { Kind } from './setting.js';

/** Maximum seconds of a Node.js timer. */
const LONGEST = 2_000_000;

function createKind<T>(schema: z.ZodType<T>, expects: string, fromText: (text: string) => unknown): Kind<T> {
  return { schema, expects, fromText, toText: (value) => String(value) };
}

const keepText = (text: string): unknown => text;
const parseNumber = (text: string): unknown => (text.trim() === '' ? text : Number(text));

export const text = createKind(z.string(), 'must be text', keepText);

/** An address to listen on; an IPv6 address may be in brackets. */
export const listeningHost = createKind(
  z.string().transform((value) => value.replace(/^\[(.*)\]$/, '$1')),
  'must be text',
  keepText,
);

export const seconds = createKind(
  z.number().positive().max(LONGEST),
  `must be a number of seconds above 0 and up to ${LONGEST}; fractions are allowed`,
  parseNumber,
);

export const secondsOrNone = createKind(
  z.number().nonnegative().max(LONGEST),
  `must be a number of seconds from 0 to ${LONGEST}; fractions are allowed`,
  parseNumber,
);

export function createWholeNumber(least: number, most: number): Kind<number> {
  return createKind(
    z.number().int().min(least).max(most),
    `must be a whole number from ${least} to ${most}`,
    parseNumber,
  );
}

/** Port 0 lets the operating system choose a free port. */
export const listeningPort = createWholeNumber(0, 65_535);
export const port = createWholeNumber(1, 65_535);

const YES = ['true', '1', 'yes', 'on'];
const NO = ['false', '0', 'no', 'off'];

export const flag = createKind(z.boolean(), 'must be true or false', (given) => {
  const word = given.trim().toLowerCase();
  if (YES.includes(word)) return true;
  return NO.includes(word) ? false : given;
});

export function createChoice<const T extends string>(...words: [T, ...T[]]): Kind<T> {
  return createKind(
    z.enum(words) as unknown as z.ZodType<T>,
    `must be one of: ${words.join(', ')}`,
    keepText,
  );
}

export const webAddress: Kind<string> = {
  ...createKind(
    z.string().refine((value) => hasProtocol(value, ['http:', 'https:'])),
    'must be a URL that begins with http:// or https://',
    keepText,
  ),
  withoutSecrets: hideWebSecrets,
};

/** A URL, or the path of a file. */
export const listAddress: Kind<string> = {
  ...createKind(
    z
      .string()
      .refine(
        (value) => !/^[a-z][a-z0-9+.-]+:/i.test(value) || hasProtocol(value, ['http:', 'https:', 'file:']),
      ),
    'must be a URL that begins with http://, https:// or file://, or the path of a file',
    keepText,
  ),
  withoutSecrets: hideWebSecrets,
};

/** The JSON text that Taskcluster issues with temporary credentials. */
export const certificate: Kind<string> = {
  ...createKind(
    z.string().refine(isCertificate),
    'must be the certificate of temporary credentials as Taskcluster issues it: a JSON object, as text',
    keepText,
  ),
  isJson: true,
};

function hasProtocol(value: string, protocols: string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol);
}

/** The forms that SQLAlchemy reads. */
export const databaseUrl: Kind<string> = {
  ...createKind(
    z.string().superRefine((value, context) => {
      try {
        parseDatabaseUrl(value);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
      }
    }),
    'must be a database URL, as text',
    keepText,
  ),
  withoutSecrets: hideDatabasePassword,
};

/** Regular expressions; in a variable separated by commas, or as a JSON array where one holds a comma. */
export const patterns: Kind<string[]> = {
  schema: z.array(z.string()).superRefine((list, context) => {
    for (const message of list.flatMap((pattern) => findPatternProblem(pattern) ?? []))
      context.addIssue({ code: 'custom', message });
  }),
  expects:
    'must be a list of regular expressions, as a JSON array such as ["^a.*$","^b{1,3}$"]; in a variable also ' +
    'separated by commas, without quotes, where no pattern has a comma',
  isList: true,
  fromText: listFromText,
  toText: (value) => JSON.stringify(value),
};

/** Names of hosts: `logs.example.com`, `*.example.com`, `*`, each also with a scheme before it. */
export const hosts: Kind<string[]> = {
  schema: z.array(z.string().regex(/^(?:https?:\/\/)?(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/i)),
  expects:
    'must be a list of host names without port and path, such as logs.example.com, *.example.com or http://logs.example.com',
  fromText: listFromText,
  toText: (value) => JSON.stringify(value),
};

/** Masters of Buildbot, each as `NAME=URL`. */
export const masters: Kind<string[]> = {
  schema: z.array(
    z.string().refine((one) => /^[^=]+=/.test(one) && hasProtocol(readMasterUrl(one), ['http:', 'https:'])),
  ),
  expects: 'must be a list of NAME=URL, each URL beginning with http:// or https://',
  fromText: listFromText,
  toText: (value) => JSON.stringify(value),
  withoutSecrets: (value) =>
    JSON.stringify(value.map((one) => `${one.split('=', 1)[0]}=${hideWebSecrets(readMasterUrl(one))}`)),
};

/** How many values each field of a cron expression has, from the last field to the first. */
const CRON_RANGES = [7, 12, 31, 24, 60, 60];

/** Rejects a step that is longer than its field: cron would run once, which is probably a mistake. */
function findStepProblem(expression: string): string | undefined {
  const fields = expression.trim().split(/\s+/).reverse();
  const wrong = fields.find((field, index) =>
    [...field.matchAll(/\/(\d+)/g)].some(([, step]) => Number(step) >= CRON_RANGES[index]!),
  );
  return wrong && `has a step that is longer than its field: ${wrong}`;
}

function fires(expression: string): boolean {
  try {
    return new CronTime(expression).getNextDateFrom(new Date()).isValid;
  } catch {
    return false;
  }
}

export const cronExpression = createKind(
  z
    .string()
    .refine(
      (value) => /^\s*(\S+\s+){4,5}\S+\s*$/.test(value) && CronTime.validateCronExpression(value).valid,
      { abort: true },
    )
    .superRefine((value, context) => {
      const problem =
        findStepProblem(value) ?? (fires(value) ? undefined : 'never fires: there is no such date');
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
  'must be a cron expression of five fields, or six with seconds first, for example "*/30 * * * * *"',
  keepText,
);
