import { Invalid, type JsonValue } from '@bbb/rules';

/** Maximum bytes of a body that is parsed. Pulse messages should be below 8 KiB; Buildbot's are usually below 55 KB. */
const SIZE_LIMIT = 1024 * 1024;

/** Bytes kept of a body that is too large. */
const EXCERPT = 4096;

export interface Body {
  /** The whole body, or only its beginning when it is too large. */
  text: string;
  /** Size in bytes as received. */
  size: number;
}

/**
 * Whether a body is too large to be parsed and belongs to another system: it lacks the text that every message for the
 * bridge contains. Such a message is ignored as a small one would be.
 */
export function isOversizedAndForeign(content: Buffer, ownText: string | undefined): boolean {
  return content.length > SIZE_LIMIT && ownText !== undefined && !content.includes(ownText);
}

export function readBody(content: Buffer): Body {
  const kept = content.length > SIZE_LIMIT ? content.subarray(0, EXCERPT) : content;
  return { text: kept.toString('utf8'), size: content.length };
}

/** @throws Invalid when the body is too large to be parsed, or is not JSON */
export function parseBody(body: Body): JsonValue {
  if (body.size > SIZE_LIMIT) {
    throw new Invalid(
      `body of ${body.size} bytes is over the limit of ${SIZE_LIMIT}; only its beginning is kept`,
    );
  }
  try {
    return JSON.parse(body.text) as JsonValue;
  } catch (error) {
    throw new Invalid(`body of ${body.size} bytes is not JSON`, { cause: error });
  }
}
