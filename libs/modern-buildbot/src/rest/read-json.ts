/** A string literal, which is kept even where it does not end, or a number that JSON has no word for. */
const STRING_OR_NOT_A_NUMBER = /"(?:[^"\\]|\\(?:.|$))*(?:"|$)|-?Infinity|NaN/gs;

/**
 * Reads the JSON of a master. Python writes NaN and the infinities as bare words; they become null.
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
