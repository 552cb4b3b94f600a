/**
 * Tells random base64 from words: many different characters, both cases and digits, few separators, and neighbours that
 * are seldom of one kind. Hexadecimal hashes have one case only.
 */
export function isRandom(text: string): boolean {
  const found = { upper: 0, lower: 0, digit: 0, other: 0 };
  const times = new Map<string, number>();
  let changes = 0;
  let before: keyof typeof found | undefined;
  for (const character of text) {
    const kind = kindOf(character);
    found[kind]++;
    if (before !== undefined && kind !== before) changes++;
    before = kind;
    times.set(character, (times.get(character) ?? 0) + 1);
  }
  if (found.upper < 4 || found.lower < 4 || found.digit < 1) return false;
  if (found.other * 8 > text.length) return false;
  return changes >= 0.35 * (text.length - 1) && bitsPerCharacter(times, text.length) >= 4;
}

function kindOf(character: string): 'upper' | 'lower' | 'digit' | 'other' {
  if (character >= 'a' && character <= 'z') return 'lower';
  if (character >= 'A' && character <= 'Z') return 'upper';
  return character >= '0' && character <= '9' ? 'digit' : 'other';
}

function bitsPerCharacter(times: ReadonlyMap<string, number>, length: number): number {
  let bits = 0;
  for (const count of times.values()) bits -= (count / length) * Math.log2(count / length);
  return bits;
}
