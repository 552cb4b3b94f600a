/**
 * Distinguishes random base64 from words. Random text has many different characters, both cases and digits, few
 * separators, and neighbours that are rarely of the same kind. Hexadecimal hashes do not match: they have one case only.
 *
 * @param text of ASCII characters
 */
export function isRandom(text: string): boolean {
  const times = new Uint32Array(128);
  const found = { upper: 0, lower: 0, digit: 0, other: 0 };
  let changes = 0;
  let before: keyof typeof found | undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const kind = classify(code);
    found[kind]++;
    times[code]!++;
    if (before !== undefined && kind !== before) changes++;
    before = kind;
  }
  if (found.upper < 4 || found.lower < 4 || found.digit < 1) return false;
  if (found.other * 8 > text.length) return false;
  return changes >= 0.35 * (text.length - 1) && computeBitsPerCharacter(times, text.length) >= 4;
}

function classify(code: number): 'upper' | 'lower' | 'digit' | 'other' {
  if (code >= 97 && code <= 122) return 'lower';
  if (code >= 65 && code <= 90) return 'upper';
  return code >= 48 && code <= 57 ? 'digit' : 'other';
}

function computeBitsPerCharacter(times: Uint32Array, length: number): number {
  return times.reduce(
    (bits, count) => (count === 0 ? bits : bits - (count / length) * Math.log2(count / length)),
    0,
  );
}
