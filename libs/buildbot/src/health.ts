/**
 * What the health of the Buildbot installation depends on, in the form of the platform's health checks. `ready`: the
 * service cannot work while it fails; `degraded`: it can, and nothing is lost.
 */
export interface BuildbotHealthCheck {
  name: string;
  kind: 'ready' | 'degraded';
  /** A short reason without secrets; undefined when nothing is wrong. */
  check(): Promise<string | undefined>;
}

/** Injection token of `BuildbotHealthCheck[]`. */
export const BUILDBOT_HEALTH = Symbol('BUILDBOT_HEALTH');

/** Injection token of `string[]`: where this kind of Buildbot keeps its logs, in the form of `artifacts.log_hosts`. */
export const BUILDBOT_LOG_HOSTS = Symbol('BUILDBOT_LOG_HOSTS');
