import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BUILDBOT_HEALTH, BuildbotModule } from '@bbb/buildbot';
import { type Configuration, secretsOf } from '@bbb/configuration';
import { type HealthCheck, Metrics, PlatformModule, Redactor, SystemClock } from '@bbb/platform';
import { Buildbot, Clock, METRICS, Redaction, Telemetry } from '@bbb/rules';
import { buildbotOptions } from '../outside-systems.module.js';
import type { DescribeSource, ProbeResult } from './probe-result.js';

/** Settings of Buildbot's side, by the name of the check. */
const SETTINGS: Readonly<Record<string, string>> = {
  'scheduler-db': 'schedulerDb.url',
  'self-serve': 'selfServe.url',
  'builder-list': 'builders.url',
};

/** Checks of which nothing is known before something has been cancelled. */
const NEVER_ASKED = new Set(['self-serve']);

@Module({})
class ProbeRoot {}

/** Runs the checks that this kind of Buildbot has for itself. */
export async function probeBuildbot(
  configuration: Configuration,
  describeSource: DescribeSource,
): Promise<ProbeResult[]> {
  const app = await NestFactory.createApplicationContext(moduleFor(configuration), {
    logger: false,
    abortOnError: false,
  });
  try {
    // Reads the builder list, where there is one; what is wrong with it is told by its check.
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
    const what = NEVER_ASKED.has(name) ? 'not asked: it only cancels builds' : 'answers';
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

function moduleFor(configuration: Configuration) {
  const shared = {
    module: class Shared {},
    global: true,
    providers: [
      { provide: Clock, useExisting: SystemClock },
      { provide: Telemetry, inject: [Metrics], useFactory: (metrics: Metrics) => metrics.define(METRICS) },
      { provide: Redaction, useExisting: Redactor },
    ],
    exports: [Clock, Telemetry, Redaction],
  };
  const platform = PlatformModule.register(new Redactor(secretsOf(configuration)));
  return {
    module: ProbeRoot,
    imports: [platform, shared, BuildbotModule.register(buildbotOptions(configuration))],
  };
}
