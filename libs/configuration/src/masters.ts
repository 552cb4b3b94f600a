/** The URL of an additional master that is configured as `NAME=URL`; a name contains no `=`. */
export function urlOfMaster(given: string): string {
  return given.slice(given.indexOf('=') + 1);
}

/** The URLs of additional masters by their names. */
export function mastersByName(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map((one) => [one.slice(0, one.indexOf('=')), urlOfMaster(one)]));
}
