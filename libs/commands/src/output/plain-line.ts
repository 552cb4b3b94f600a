/** One line without control characters: the text may come from an untrusted source and is shown on a terminal. */
export function toPlainLine(text: string, longest = Infinity): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

/** @param seconds since the epoch */
export function formatInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}
