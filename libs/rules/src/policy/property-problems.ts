import type { JsonValue } from '../json.js';
import { asciiJson } from './ascii-json.js';
import { PAYLOAD_LIMITS } from './limits.js';
import { PROBLEMS } from './rejection-reasons.js';
import { isDeeperThan, valueProblems } from './value-problems.js';

/** Names that the bridge, the master or its post-run step writes itself; a task may not choose their values. */
export const RESERVED_PROPERTIES = [
  'taskId',
  'createdForRunId',
  'request_ids',
  'request_times',
  'log_url',
  'statusdb_id',
];

const DANGEROUS = ['__proto__', 'constructor', 'prototype'];

export interface PropertyProblem {
  /** The property's name; empty when it is about all of them. */
  path: string[];
  message: string;
}

/**
 * What keeps properties out of the scheduler database. Each becomes a pair `[value, "bbb"]` in a column, which every
 * master loads without a safety net: one that it cannot load blocks the builder.
 */
export function* propertyProblems(properties: Record<string, unknown>): Generator<PropertyProblem> {
  const names = Object.keys(properties);
  if (names.length > PAYLOAD_LIMITS.properties) {
    // Nobody reads thousands of problems, and nobody has to look for them.
    yield { path: [], message: PROBLEMS.manyProperties };
    return;
  }
  // Without it the post-run step dies, and nobody hears of the build's end.
  if (typeof properties.product !== 'string' || properties.product === '')
    yield { path: ['product'], message: PROBLEMS.noProduct };
  let total = 0;
  for (const name of names) {
    const problem = nameProblem(name);
    if (problem !== undefined) yield { path: [name], message: problem };
    if (isDeeperThan(PAYLOAD_LIMITS.depth, properties[name])) {
      yield { path: [name], message: PROBLEMS.deep };
      continue;
    }
    const pair = asciiJson([properties[name] as JsonValue, 'bbb']);
    total += name.length + pair.length;
    if (pair.length > PAYLOAD_LIMITS.propertyPairBytes) yield { path: [name], message: PROBLEMS.longPair };
    for (const message of new Set(valueProblems(properties[name]))) yield { path: [name], message };
  }
  if (total > PAYLOAD_LIMITS.totalBytes) yield { path: [], message: PROBLEMS.largeProperties };
}

function nameProblem(name: string): string | undefined {
  if (!/^[\x21-\x7e]{1,255}$/.test(name)) return PROBLEMS.propertyName;
  if (DANGEROUS.includes(name)) return PROBLEMS.forbiddenName;
  return RESERVED_PROPERTIES.includes(name) ? PROBLEMS.reservedName : undefined;
}
