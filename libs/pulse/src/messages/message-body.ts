import { Invalid, type JsonValue } from '@bbb/rules';

/** Maximum bytes of a body that is parsed. Pulse messages should be below 8 KiB; Buildbot's are usually below 55 KB. */
const SIZE_LIMIT = 1024 * 1024;

/**
 * Maximum values in a body that is parsed: small ones take the longest for their size. A message with as many properties as
 * are accepted, of one value each, has half as many.
 */
const VALUE_LIMIT = 50_000;

/** Bytes kept of a body that is too large. */
const EXCERPT = 4096;

export interface Body {
  /** The whole body, or only its beginning when it is too large. */
  text: string;
  /** Size in bytes as received. */
  size: number;
  /** Why it is not parsed. */
  problem?: string;
}

/**
 * Whether a body is too large to be parsed and belongs to another system: it lacks the text that every message for the
 * bridge contains. Such a message is ignored as a small one would be.
 */
export function isOversizedAndForeign(content: Buffer, ownText: string | undefined): boolean {
  return content.length > SIZE_LIMIT && ownText !== undefined && !content.includes(ownText);
}

export function readBody(content: Buffer): Body {
  const problem = findProblem(content);
  const kept = problem === undefined ? content : content.subarray(0, EXCERPT);
  return { text: kept.toString('utf8'), size: content.length, ...(problem === undefined ? {} : { problem }) };
}

/** @throws Invalid when the body is too large to be parsed, or is not JSON */
export function parseBody({ text, size, problem }: Body): JsonValue {
  if (problem !== undefined) throw new Invalid(problem);
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new Invalid(`body of ${size} bytes is not JSON`, { cause: error });
  }
}

function findProblem(content: Buffer): string | undefined {
  if (content.length > SIZE_LIMIT) return describe(`is over the limit of ${SIZE_LIMIT}`);
  return hasMoreValues(content, VALUE_LIMIT) ? describe(`has more than ${VALUE_LIMIT} values`) : undefined;

  function describe(what: string): string {
    return `body of ${content.length} bytes ${what}; only its beginning is kept`;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** A comma, and the brackets that open lists and objects: each begins a value. */
const BEGINNINGS = new Set([0x2c, 0x5b, 0x7b]);

/** Whether a text of JSON has more values; nothing is parsed. Each but the first takes a byte that begins it. */
function hasMoreValues(content: Buffer, limit: number): boolean {
  if (content.length < limit) return false;
  let values = 1;
  let isInText = false;
  for (let at = 0; at < content.length && values <= limit; at++) {
    const byte = content[at]!;
    if (isInText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) isInText = true;
    else if (BEGINNINGS.has(byte)) values++;
  }
  return values > limit;
}
