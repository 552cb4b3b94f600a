import { type Configuration, describeSource } from '@bbb/configuration';
import type { HealthCheck } from '@bbb/platform';

/** The settings that name each outside system, by the name of its health check. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  'bridge-db': ['bridgeDb.url'],
  'bridge-db-clock': ['bridgeDb.url'],
  taskcluster: ['taskcluster.rootUrl', 'taskcluster.clientId'],
  'task-queue': ['taskcluster.provisionerId', 'taskcluster.workerType'],
  credentials: ['taskcluster.certificate'],
  pulse: ['pulse.host', 'pulse.port', 'pulse.user'],
  'scheduler-db': ['schedulerDb.url'],
  'scheduler-db-clock': ['schedulerDb.url'],
  'self-serve': ['selfServe.url'],
  'builder-list': ['builders.url'],
  buildbot: ['buildbot.url'],
  'buildbot-login': ['buildbot.user', 'buildbot.password'],
  'buildbot-scheduler': ['buildbot.scheduler'],
};

/** The settings that a health check depends on, each with the source of its value. */
export function describeHealthSettings(name: string, configuration: Configuration): string[] {
  return (SETTINGS[name] ?? []).map((path) => describeSource(configuration, path));
}

/** Adds the settings to health checks of outside systems, so that a failure names them. */
export function withSettings(checks: readonly HealthCheck[], configuration: Configuration): HealthCheck[] {
  return checks.map((check) =>
    check.name in SETTINGS
      ? { ...check, settings: describeHealthSettings(check.name, configuration) }
      : check,
  );
}
