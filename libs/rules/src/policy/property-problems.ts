import type { JsonValue } from '../json.js';
import { toAsciiJson } from './ascii-json.js';
import type { PayloadRules } from './payload-rules.js';
import type { RejectionReasons } from './rejection-reasons.js';
import { countUnits } from './units.js';
import { isDeeperThan, findValueProblems } from './value-problems.js';

const DANGEROUS = ['__proto__', 'constructor', 'prototype'];
const NAME = /^[\x21-\x7e]+$/;

export interface PropertyProblem {
  /** The property's name; empty when it is about all of them. */
  path: string[];
  message: string;
}

/**
 * Finds reasons to reject properties. Each property becomes a pair `[value, "bbb"]` in a database column, which masters
 * load without error handling: one that they cannot load blocks the builder.
 */
export function* findPropertyProblems(
  properties: Record<string, unknown>,
  { limits, requiredProperties, reservedProperties }: PayloadRules,
  reasons: RejectionReasons,
): Generator<PropertyProblem> {
  const names = Object.keys(properties);
  if (names.length > limits.properties) {
    // Not checked one by one, because a list of thousands of problems does not help.
    yield { path: [], message: reasons.manyProperties };
    return;
  }
  for (const name of requiredProperties) {
    if (typeof properties[name] !== 'string' || properties[name] === '')
      yield { path: [name], message: reasons.noValue };
  }
  let total = 0;
  for (const name of names) {
    const problem = findNameProblem(name);
    if (problem !== undefined) yield { path: [name], message: problem };
    if (isDeeperThan(limits.depth, properties[name])) {
      yield { path: [name], message: reasons.deep };
      continue;
    }
    const units = countUnits(properties[name], limits.propertyPairBytes);
    if (units > limits.propertyPairBytes) {
      total += units;
      yield { path: [name], message: reasons.longPair };
      continue;
    }
    const pair = toAsciiJson([properties[name] as JsonValue, 'bbb']);
    total += name.length + pair.length;
    if (pair.length > limits.propertyPairBytes) yield { path: [name], message: reasons.longPair };
    for (const message of new Set(findValueProblems(properties[name], reasons)))
      yield { path: [name], message };
  }
  if (total > limits.totalBytes) yield { path: [], message: reasons.largeProperties };

  function findNameProblem(name: string): string | undefined {
    if (name.length > limits.propertyName || !NAME.test(name)) return reasons.propertyName;
    if (DANGEROUS.includes(name)) return reasons.forbiddenName;
    return reservedProperties.includes(name) ? reasons.reservedName : undefined;
  }
}
