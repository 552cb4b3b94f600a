const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** A duration for people, in its largest unit: `45 s`, `12 min`, `3 h`, `2 d`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [name, size] = UNITS.find(([, unit]) => whole >= 2 * unit) ?? UNITS.at(-1)!;
  return `${Math.floor(whole / size)} ${name}`;
}

/**
 * A number of seconds from a text such as `90`, `90s`, `5m`, `2h` or `1d`.
 *
 * @returns undefined for any other text
 */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(s|m|min|h|d)?$/.exec(text.trim()) ?? [];
  if (number === undefined) return undefined;
  const size = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 }[unit]!;
  return Number(number) * size;
}
