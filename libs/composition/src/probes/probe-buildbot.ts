import { NestFactory } from '@nestjs/core';
import { BUILDBOT_HEALTH } from '@bbb/buildbot';
import type { Configuration } from '@bbb/configuration';
import type { HealthCheck } from '@bbb/platform';
import { Buildbot } from '@bbb/rules';
import { createCommandModule } from '../command-module.js';
import type { DescribeSource, ProbeResult } from './probe-result.js';

/** The Buildbot setting to check, by the name of the health check. */
const SETTINGS: Readonly<Record<string, string>> = {
  'scheduler-db': 'schedulerDb.url',
  'self-serve': 'selfServe.url',
  'builder-list': 'builders.url',
};

/** Health checks whose result is unknown until the first cancellation. */
const UNKNOWN_AT_FIRST = new Set(['self-serve']);

/** Runs the health checks of this kind of Buildbot. */
export async function probeBuildbot(
  configuration: Configuration,
  describeSource: DescribeSource,
): Promise<ProbeResult[]> {
  const app = await NestFactory.createApplicationContext(createCommandModule(configuration), {
    logger: false,
    abortOnError: false,
  });
  try {
    // Reads the builder list, if one is configured; its health check reports a failure.
    await app
      .get<Buildbot>(Buildbot, { strict: false })
      .knows('')
      .catch(() => undefined);
    const checks = app.get<HealthCheck[]>(BUILDBOT_HEALTH, { strict: false });
    return await Promise.all(checks.map((check) => runCheck(check, describeSource)));
  } finally {
    await app.close();
  }
}

async function runCheck(check: HealthCheck, describeSource: DescribeSource): Promise<ProbeResult> {
  const { name, kind } = check;
  const problem = await check
    .check()
    .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (problem === undefined) {
    const what = UNKNOWN_AT_FIRST.has(name) ? 'not checked: used only to cancel builds' : 'answers';
    return { system: name, status: 'ok', what };
  }
  const setting = SETTINGS[name];
  return {
    system: name,
    status: kind === 'ready' ? 'failed' : 'warning',
    what: problem,
    ...(setting === undefined ? {} : { remedy: `check ${describeSource(setting)}` }),
  };
}
