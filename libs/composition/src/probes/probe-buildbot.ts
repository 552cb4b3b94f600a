import { NestFactory } from '@nestjs/core';
import { BUILDBOT_HEALTH } from '@bbb/buildbot';
import type { Configuration } from '@bbb/configuration';
import type { HealthCheck } from '@bbb/platform';
import { Buildbot } from '@bbb/rules';
import { createCommandModule } from '../command-module.js';
import { describeHealthSettings } from '../health-settings.js';
import type { ProbeResult } from './probe-result.js';

/** Runs the health checks of this kind of Buildbot. */
export async function probeBuildbot(configuration: Configuration): Promise<ProbeResult[]> {
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
    return await Promise.all(checks.map((check) => runCheck(check, configuration)));
  } finally {
    await app.close();
  }
}

async function runCheck(check: HealthCheck, configuration: Configuration): Promise<ProbeResult> {
  const { name, kind } = check;
  const problem = await check
    .check()
    .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (problem === undefined) return { system: name, status: 'ok', what: 'answers' };
  const settings = describeHealthSettings(name, configuration);
  return {
    system: name,
    status: kind === 'ready' ? 'failed' : 'warning',
    what: problem,
    ...(settings.length === 0 ? {} : { remedy: `check ${settings.join(' and ')}` }),
  };
}
