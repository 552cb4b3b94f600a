import { type Configuration, describeSource, listSecrets, type ServiceName } from '@bbb/configuration';
import { Redactor } from '@bbb/platform';
import type { Overrides } from '../overrides.js';
import { probeBridgeDb } from './probe-bridge-db.js';
import { probeBuildbot } from './probe-buildbot.js';
import { type ProbeResult, runProbe } from './probe-result.js';
import { probePulse } from './probe-pulse.js';
import { probeTaskcluster } from './probe-taskcluster.js';

/**
 * Probes in parallel whether the bridge can work with each outside system of a configuration. Changes nothing. Systems
 * that the service does not use, such as Pulse for a reflector, are left out.
 *
 * @param services whose rights in the bridge database are checked
 * @returns rows without secrets, in a fixed order
 */
export async function probeSystems(
  configuration: Configuration,
  services: readonly ServiceName[],
  overrides: Overrides = {},
): Promise<ProbeResult[]> {
  const { taskcluster, service } = configuration;
  const check = (...paths: string[]) =>
    `check ${paths.map((path) => describeSource(configuration, path)).join(' and ')}`;
  const buildbot = configuration.buildbot.kind === 'modern' ? 'buildbot.url' : 'schedulerDb.url';
  const probes: Promise<ProbeResult[]>[] = [
    runProbe('bridge-db', check('bridgeDb.url'), () =>
      probeBridgeDb(configuration, services, check('bridgeDb.url')),
    ),
    runProbe('buildbot', check(buildbot), () => probeBuildbot(configuration)),
  ];
  if (taskcluster.provisionerId !== '')
    probes.push(
      runProbe('taskcluster', check('taskcluster.rootUrl', 'taskcluster.accessToken'), () =>
        probeTaskcluster(taskcluster, check('taskcluster.provisionerId', 'taskcluster.workerType')),
      ),
    );
  if (service !== 'reflector')
    probes.push(
      runProbe('pulse', check('pulse.host', 'pulse.user'), () => probePulse(configuration, overrides)),
    );
  const redactor = new Redactor(listSecrets(configuration));
  const results = (await Promise.all(probes)).flat();
  return results.map((result) => ({ ...result, what: redactor.text(result.what) }));
}
