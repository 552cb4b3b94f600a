/**
 * One health check of the Buildbot installation, in the form of the platform's health checks. `ready`: the service cannot
 * work while it fails; `degraded`: the service works with limits, and no data is lost.
 */
export interface BuildbotHealthCheck {
  name: string;
  kind: 'ready' | 'degraded';
  /** A short reason without secrets; undefined when nothing is wrong. */
  check(): Promise<string | undefined>;
}

/** Injection token of `BuildbotHealthCheck[]`. */
export const BUILDBOT_HEALTH = Symbol('BUILDBOT_HEALTH');

/** Injection token of `string[]`: the hosts of this kind of Buildbot's logs, in the form of `artifacts.log_hosts`. */
export const BUILDBOT_LOG_HOSTS = Symbol('BUILDBOT_LOG_HOSTS');
