import { type Configuration, listSecrets } from '@bbb/configuration';
import type { ReconcilerSettings } from '@bbb/reconciler';
import { ArtifactPolicy, type BuilderPolicy } from '@bbb/rules';

/** The reflector waits this many times the artifact wait, so that the build's own message is retried before that. */
const AFTER_THE_WAIT = 1.2;

/** The part of the configuration that the reconciler needs. */
export function createReconcilerSettings(
  configuration: Configuration,
  policy: BuilderPolicy,
  logHosts: readonly string[],
): ReconcilerSettings {
  const { workerGroup, workerId, provisionerId, workerType } = configuration.taskcluster;
  const { artifacts, buildbot } = configuration;
  const { reclaimWindow, messageGrace, finishedGrace, missingGrace, stuckGrace } = configuration.reflector;
  return {
    worker: { workerGroup, workerId },
    taskQueueId: `${provisionerId}/${workerType}`,
    reclaimWindow,
    messageGrace,
    finishedGrace:
      buildbot.kind === 'modern' ? finishedGrace : Math.max(finishedGrace, artifacts.wait * AFTER_THE_WAIT),
    artifactWait: artifacts.wait,
    missingGrace,
    stuckGrace,
    results: configuration.results,
    policy,
    artifacts: artifactPolicy(configuration, logHosts),
  };
}

/** @param logHosts those of this kind of Buildbot, where the configuration names none */
function artifactPolicy(configuration: Configuration, logHosts: readonly string[]): ArtifactPolicy {
  const { artifacts } = configuration;
  return new ArtifactPolicy({
    ...artifacts,
    logHosts: artifacts.logHosts ?? logHosts,
    ownSecrets: listSecrets(configuration),
  });
}
