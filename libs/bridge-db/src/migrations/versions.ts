import { Invalid } from '@bbb/rules';

const VERSION = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+][\w.+-]*)?$/;

/**
 * Compares versions of the program by their three numbers; a suffix such as `-rc.1` counts for nothing.
 *
 * @returns a number below 0, 0, or above 0
 * @throws Invalid when one is no version
 */
export function compareVersions(one: string, other: string): number {
  const [first, second] = [parseNumbers(one), parseNumbers(other)];
  return first.map((number, i) => number - second[i]!).find((difference) => difference !== 0) ?? 0;
}

function parseNumbers(version: string): number[] {
  const [, ...numbers] = VERSION.exec(version) ?? [];
  if (numbers.length === 0) throw new Invalid(`not a version: ${version}; expected, for example, 3.0.0`);
  return numbers.map(Number);
}
