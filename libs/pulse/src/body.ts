import { Invalid, type JsonValue } from '@bbb/rules';

/** Messages of Pulse should stay below 8 KiB, and Buildbot's largest seen had 55 KB. */
const LARGEST = 1024 * 1024;

/** What is kept of a body that is too large. */
const EXCERPT = 4096;

export interface Body {
  /** The whole body, or its beginning when it is too large. */
  text: string;
  /** Bytes as received. */
  size: number;
}

export function bodyOf(content: Buffer): Body {
  const kept = content.length > LARGEST ? content.subarray(0, EXCERPT) : content;
  return { text: kept.toString('utf8'), size: content.length };
}

/** @throws Invalid when the body is too large to be parsed, or no JSON */
export function payloadOf(body: Body): JsonValue {
  if (body.size > LARGEST) {
    throw new Invalid(`body of ${body.size} bytes is over the limit of ${LARGEST}; its beginning is kept`);
  }
  try {
    return JSON.parse(body.text) as JsonValue;
  } catch (error) {
    throw new Invalid(`body of ${body.size} bytes is not JSON`, { cause: error });
  }
}
