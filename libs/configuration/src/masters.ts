/** The URL of an additional master that is configured as `NAME=URL`; a name contains no `=`. */
export function readMasterUrl(given: string): string {
  return given.slice(given.indexOf('=') + 1);
}

/** The URLs of additional masters by their names. */
export function nameMasters(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map((one) => [one.slice(0, one.indexOf('=')), readMasterUrl(one)]));
}
