/**
 * One thing that health depends on.
 *
 * `live`: the process is to be restarted when it fails. `ready`: the service cannot work while it fails. `degraded`:
 * an outside system is away, which is told and nothing more.
 */
export interface HealthCheck {
  name: string;
  kind: 'live' | 'ready' | 'degraded';
  /** Nothing when all is well, else a short reason without secrets. */
  check(): Promise<string | undefined>;
}

/** Injection token of an application's checks: `HealthCheck[]`. Every module may provide some. */
export const HEALTH_CHECKS = Symbol('HEALTH_CHECKS');
