/** Credentials that announce themselves. */
const TELLING: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{1,64}-----/,
  // A password in any URL; in a web address the user may be a token, too. `ssh://somebody@host` is none.
  /[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/@:]*:[^\s/@]+@/i,
  /https?:\/\/[^\s/@]+@/i,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-)[A-Za-z0-9_-]{16,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\./,
  /\b(?:Bearer|Basic|Hawk)\s+[A-Za-z0-9+/=_-]{16,}/i,
];

/** As long as nothing but a credential usually is: a slug of Taskcluster has 22 characters, its access tokens 43 or 44. */
const LONG = /[A-Za-z0-9_+/=-]{32,}/g;

/** More of a text is not looked through for random strings; what is longer is a document, and its size is limited. */
const LOOKED_THROUGH = 64 * 1024;

/**
 * Whether a text looks like a credential, or has one in it. A judgement by form: names of builders and files, hashes
 * and UUIDs pass, and a short password is not seen.
 */
export function looksSecret(text: string): boolean {
  const looked = text.slice(0, LOOKED_THROUGH);
  if (TELLING.some((pattern) => pattern.test(looked))) return true;
  return [...looked.matchAll(LONG)].some(([candidate]) => isRandom(candidate));
}

/**
 * Tells random base64 from words: many different characters, both cases and digits, few separators, and neighbours that are
 * seldom of one kind. Hexadecimal hashes have one case only.
 */
function isRandom(text: string): boolean {
  const kinds = [...text].map(kindOf);
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  if (count('upper') < 4 || count('lower') < 4 || count('digit') < 1) return false;
  if (count('other') * 8 > text.length) return false;
  const changes = kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
  return changes >= 0.35 * (text.length - 1) && bitsPerCharacter(text) >= 4;
}

function kindOf(character: string): 'upper' | 'lower' | 'digit' | 'other' {
  if (/[A-Z]/.test(character)) return 'upper';
  if (/[a-z]/.test(character)) return 'lower';
  return /[0-9]/.test(character) ? 'digit' : 'other';
}

function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => {
    const share = count / text.length;
    return bits - share * Math.log2(share);
  }, 0);
}
