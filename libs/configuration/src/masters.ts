/** A further master as it is configured, `NAME=URL`; a name has no `=`. */
export function urlOfMaster(given: string): string {
  return given.slice(given.indexOf('=') + 1);
}

/** The URLs of further masters by their names. */
export function mastersByName(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map((one) => [one.slice(0, one.indexOf('=')), urlOfMaster(one)]));
}
