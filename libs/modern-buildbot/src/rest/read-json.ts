/** A string literal, which is kept even when it is not terminated, or a number that JSON cannot represent. */
const STRING_OR_NOT_A_NUMBER = /"(?:[^"\\]|\\(?:.|$))*(?:"|$)|-?Infinity|NaN/gs;

/**
 * Parses the JSON of a master. Python writes NaN and infinities as bare words, which become null.
 *
 * @throws SyntaxError
 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(
      text.replace(STRING_OR_NOT_A_NUMBER, (found) => (found.startsWith('"') ? found : 'null')),
    );
  }
}
