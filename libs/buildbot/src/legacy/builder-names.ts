/**
 * The names in an `allthethings.json`.
 *
 * @throws Error when the text is not such a file, is cut off, or contains no builder
 */
export function readBuilderNames(text: string): ReadonlySet<string> {
  const { builders } = parseJson(text) ?? {};
  if (builders === null || typeof builders !== 'object' || Array.isArray(builders)) {
    throw new Error('it has no object "builders"');
  }
  const names = new Set(Object.keys(builders));
  if (names.size === 0) throw new Error('it contains no builder');
  return names;
}

function parseJson(text: string): { builders?: unknown } | null {
  try {
    return JSON.parse(text) as { builders?: unknown } | null;
  } catch {
    throw new Error('it is not JSON, or it is cut off');
  }
}
