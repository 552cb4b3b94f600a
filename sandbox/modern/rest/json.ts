/** Marks a word in a text that stands for itself and not for a string; no property of the tests has it. */
const MARK = '\ufdd0';
const MARKED = new RegExp(`"${MARK}([^"]*)${MARK}"`, 'g');
const STRING_OR_WORD = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs;

/** JSON as Python writes it: numbers that JSON has no word for as NaN and Infinity, and large integers in full. */
export function writeJson(value: unknown, indent?: number): string {
  const replaced = JSON.stringify(
    value,
    (_, one: unknown) => {
      if (one instanceof Map) return Object.fromEntries(one);
      const isWord = typeof one === 'bigint' || (typeof one === 'number' && !Number.isFinite(one));
      return isWord ? `${MARK}${String(one)}${MARK}` : one;
    },
    indent,
  );
  return replaced.replaceAll(MARKED, '$1');
}

/** Parses what Python parses: also NaN and Infinity. @throws SyntaxError */
export function readPythonJson(text: string): unknown {
  const marked = text.replace(STRING_OR_WORD, (found) =>
    found.startsWith('"') ? found : `"${MARK}${found}${MARK}"`,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) && value.endsWith(MARK)
      ? Number(value.slice(1, -1))
      : value,
  );
}
