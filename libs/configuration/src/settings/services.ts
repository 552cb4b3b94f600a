import { type ServiceName, SERVICE_NAMES } from '../configuration.js';
import type { RequiredBy } from '../setting.js';

// The services that require a setting.

export const ALL = requireForBoth(SERVICE_NAMES);
export const ASKS_FOR_PENDING = requireForBoth(['tc-listener', 'reflector']);
export const LEGACY_ONLY: RequiredBy = { legacy: SERVICE_NAMES, modern: [] };
export const MODERN_ONLY: RequiredBy = { legacy: [], modern: SERVICE_NAMES };
/** A modern Buildbot sends no messages through Pulse. */
export const PULSE_USERS: RequiredBy = { legacy: ['tc-listener', 'bb-listener'], modern: ['tc-listener'] };

function requireForBoth(services: readonly ServiceName[]): RequiredBy {
  return { legacy: services, modern: services };
}
