import type { Problem } from '../configuration-error.js';
import { nameSameDatabase } from './same-database.js';

type Values = ReadonlyMap<string, unknown>;

/** Names a setting by its place in the configuration. */
type NameOf = (path: string) => string;

/** Pairs of seconds, and how the first must relate to the second. */
const PAIRS = [
  ['pulse.reconnectMin', 'must not be greater than', 'pulse.reconnectMax'],
  ['parking.firstDelay', 'must not be greater than', 'parking.maxDelay'],
  // Calls in progress when a shutdown begins must end within its grace period.
  ['taskcluster.callDeadline', 'must be less than', 'shutdown.grace'],
  ['selfServe.timeout', 'must be less than', 'shutdown.grace'],
  ['buildbot.timeout', 'must be less than', 'shutdown.grace'],
] as const;

/** Finds settings that are valid alone but contradict each other. */
export function findContradictions(values: Values, nameOf: NameOf): Problem[] {
  const wrongPairs = PAIRS.flatMap(([least, relation, most]) => {
    const [low, high] = [values.get(least), values.get(most)];
    if (typeof low !== 'number' || typeof high !== 'number' || low < high) return [];
    if (low === high && relation === 'must not be greater than') return [];
    return [{ subject: nameOf(least), remedy: `${relation} ${nameOf(most)}` }];
  });
  return [...wrongPairs, ...findSharedDatabase(values, nameOf), ...findWeakPushSecret(values, nameOf)];
}

/** Minimum characters of a secret that anybody on the network may guess at. */
const SHORTEST_SECRET = 16;

/** Whoever may post can make the bridge read its systems, so posts need a secret. */
function findWeakPushSecret(values: Values, nameOf: NameOf): Problem[] {
  const secret = values.get('buildbot.pushSecret');
  if (values.get('buildbot.pushPort') === undefined) return [];
  if (typeof secret === 'string' && secret.length >= SHORTEST_SECRET) return [];
  return [
    {
      subject: nameOf('buildbot.pushSecret'),
      remedy: `must have at least ${SHORTEST_SECRET} characters when ${nameOf('buildbot.pushPort')} is set`,
    },
  ];
}

/** The two databases must differ: Buildbot could destroy the bridge's tables, and a migration would change Buildbot's. */
export function findSharedDatabase(values: Values, nameOf: NameOf): Problem[] {
  const [bridge, scheduler] = [values.get('bridgeDb.url'), values.get('schedulerDb.url')];
  if (typeof bridge !== 'string' || typeof scheduler !== 'string') return [];
  if (!nameSameDatabase(bridge, scheduler)) return [];
  return [
    {
      subject: nameOf('bridgeDb.url'),
      remedy: `names the same database as ${nameOf('schedulerDb.url')}; give the bridge a database of its own`,
    },
  ];
}
