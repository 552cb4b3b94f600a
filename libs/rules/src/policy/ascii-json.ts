import type { JsonValue } from '../json.js';

/**
 * JSON in ASCII only, as Python's json.dumps writes it. Buildbot's MySQL columns hold at most three-byte UTF-8, and turn
 * other characters into question marks.
 */
export function toAsciiJson(value: JsonValue): string {
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
