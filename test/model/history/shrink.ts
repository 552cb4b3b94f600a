import type { Mutant } from '../bridge/mutant.js';
import { run } from './run.js';
import type { History, Step } from './step.js';

/** Leaves out steps as long as the same rule is still broken. */
export async function shrink(history: History, rule: string, mutant?: Mutant): Promise<History> {
  let smallest = history;
  const fails = async (steps: Step[]) => {
    const { violations } = await run({ ...smallest, steps }, mutant);
    return violations[0]?.startsWith(rule) ?? false;
  };
  for (
    let size = Math.ceil(history.steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = smallest.steps.length - size; from >= 0; from -= size) {
      const steps = smallest.steps.filter((_, index) => index < from || index >= from + size);
      if (await fails(steps)) smallest = { ...smallest, steps };
    }
  }
  return smallest;
}

/** The rule that a violation breaks. */
export function ruleOf(violation: string): string {
  return violation.slice(0, violation.indexOf('{')).trim();
}
