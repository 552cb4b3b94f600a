/**
 * Reads a list from the text of a variable: a JSON array, or items separated by commas.
 *
 * @returns the text itself when it is neither, or when an item is probably cut wrong: a pattern that matches nothing would
 *   open a restricted builder
 */
export function listFromText(given: string): unknown {
  try {
    if (given.trim().startsWith('[')) return JSON.parse(given);
  } catch {
    // A single pattern may begin with a bracket as well: [a-z]+
  }
  const items = given.split(',').map((item) => item.trim());
  const isWrong = items.some((item, index) => isCutWrong(item) || isCutAfter(item, items[index + 1]));
  return isWrong ? given : items;
}

/** Whether an item is empty, half of a pattern with a comma, several patterns without a comma between, or in shell quotes. */
function isCutWrong(item: string): boolean {
  const bare = item.replace(/\\./g, '');
  // A class without its closing bracket is kept, so that the count of brackets finds it.
  const outside = bare.replace(/\[[^\]]*(?:\]|$)/g, (found) => (found.endsWith(']') ? '' : found));
  const count = (character: string) => outside.split(character).length;
  return (
    item === '' ||
    // An escaped comma.
    bare.endsWith('\\') ||
    [...'[]'].some((bracket) => outside.includes(bracket)) ||
    count('{') !== count('}') ||
    count('(') !== count(')') ||
    SEPARATOR.test(bare) ||
    isQuoted(bare)
  );
}

/** A semicolon, a line end, or a blank between the end of one pattern and the beginning of the next. */
const SEPARATOR = /[;\r\n]|\s["']?\^|\$["']?\s/;

/** Whether a pattern that is anchored at both ends was cut at its comma. */
function isCutAfter(item: string, next: string | undefined): boolean {
  return (
    next !== undefined &&
    item.startsWith('^') &&
    !item.endsWith('$') &&
    next.endsWith('$') &&
    !next.startsWith('^')
  );
}

function isQuoted(text: string): boolean {
  return text.length > 1 && /["']/.test(text[0]!) && text.endsWith(text[0]!);
}
