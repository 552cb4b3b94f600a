/**
 * One condition that the health of a service depends on.
 *
 * `live`: the process has to be restarted while it fails. `ready`: the service cannot work while it fails. `degraded`:
 * an outside system is unavailable; the service stays ready, because messages and the reflector wait for the system.
 */
export interface HealthCheck {
  name: string;
  kind: 'live' | 'ready' | 'degraded';
  /** Undefined when the check passes, otherwise a short reason without secrets. */
  check(): Promise<string | undefined>;
  /** What to look at when it fails: names of settings, each with the source of its value. */
  settings?: readonly string[];
}

/** Injection token of an application's checks, a `HealthCheck[]`. Each module may provide its own. */
export const HEALTH_CHECKS = Symbol('HEALTH_CHECKS');
