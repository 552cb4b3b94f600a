import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { BridgeDb, BridgeDbModule } from '@bbb/bridge-db';
import {
  ArtifactPolicy,
  Buildbot,
  BuilderPolicy,
  Clock,
  METRICS,
  PassStore,
  Redaction,
  TaskQueue,
  TaskStore,
  Telemetry,
} from '@bbb/rules';
import { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS, BuildbotModule, type BuildbotOptions } from '@bbb/buildbot';
import { CONFIGURATION, type Configuration, nameMasters, measureGaps, listSecrets } from '@bbb/configuration';
import { HEALTH_CHECKS, type HealthCheck, Metrics, readVersion, Redactor, SystemClock } from '@bbb/platform';
import { Reconciler, type ReconcilerSettings } from '@bbb/reconciler';
import { TaskclusterModule, TaskclusterQueue } from '@bbb/taskcluster';
import { checkMissingTasks } from './absence-check.js';
import { checkPasses } from './pass-check.js';
import { StateGauges } from './state-gauges.js';

/** Provides the outside systems of every service, the reconciler that uses them, and their health checks. */
@Module({})
export class OutsideSystemsModule {
  static register(configuration: Configuration): DynamicModule {
    const { taskcluster, bridgeDb, builders } = configuration;
    const shared: Provider[] = [
      { provide: CONFIGURATION, useValue: configuration },
      { provide: Clock, useExisting: SystemClock },
      { provide: Telemetry, inject: [Metrics], useFactory: (metrics: Metrics) => metrics.define(METRICS) },
      { provide: Redaction, useExisting: Redactor },
      { provide: BuilderPolicy, useValue: new BuilderPolicy(builders) },
      {
        provide: Reconciler,
        inject: [
          TaskQueue,
          Buildbot,
          TaskStore,
          PassStore,
          Clock,
          Telemetry,
          BuilderPolicy,
          BUILDBOT_LOG_HOSTS,
        ],
        useFactory: (
          queue: TaskQueue,
          buildbot: Buildbot,
          store: TaskStore,
          passes: PassStore,
          clock: Clock,
          telemetry: Telemetry,
          policy: BuilderPolicy,
          logHosts: readonly string[],
        ) =>
          new Reconciler(
            queue,
            buildbot,
            store,
            passes,
            clock,
            telemetry,
            createReconcilerSettings(configuration, policy, logHosts),
          ),
      },
    ];
    const systems = [
      TaskclusterModule.register(taskcluster),
      BridgeDbModule.register({ ...bridgeDb, version: readVersion() }),
    ];
    return {
      module: OutsideSystemsModule,
      global: true,
      imports: [...systems, BuildbotModule.register(createBuildbotOptions(configuration))],
      providers: [
        ...shared,
        StateGauges,
        {
          provide: HEALTH_CHECKS,
          inject: [BridgeDb, TaskclusterQueue, PassStore, BUILDBOT_HEALTH, Clock, CONFIGURATION],
          useFactory: createHealthChecks,
        },
      ],
      exports: [
        CONFIGURATION,
        Clock,
        Telemetry,
        Redaction,
        BuilderPolicy,
        Reconciler,
        ...systems.map(({ module }) => module),
        BuildbotModule,
      ],
    };
  }
}

/** The part of the configuration that the configured kind of Buildbot needs. */
export function createBuildbotOptions({ buildbot, ...configuration }: Configuration): BuildbotOptions {
  const { kind, masters, ...options } = buildbot;
  return {
    ...configuration,
    buildbot: kind === 'modern' ? { kind, ...options, masters: nameMasters(masters) } : { kind },
  };
}

/** The reflector waits this many times the artifact wait, so that the build's own message is retried before that. */
const AFTER_THE_WAIT = 1.2;

function createReconcilerSettings(
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
    artifacts: createArtifactPolicy(configuration, logHosts),
  };
}

/** @param logHosts those of this kind of Buildbot, where the configuration names none */
function createArtifactPolicy(configuration: Configuration, logHosts: readonly string[]): ArtifactPolicy {
  const { artifacts } = configuration;
  return new ArtifactPolicy({
    ...artifacts,
    logHosts: artifacts.logHosts ?? logHosts,
    ownSecrets: listSecrets(configuration),
  });
}

/** Without its database the bridge cannot work; while Taskcluster is unavailable nothing is lost. */
function createHealthChecks(
  bridgeDb: BridgeDb,
  taskcluster: TaskclusterQueue,
  passes: PassStore,
  buildbot: readonly HealthCheck[],
  clock: Clock,
  { reflector: { schedule } }: Configuration,
): HealthCheck[] {
  return [
    { name: 'bridge-db', kind: 'ready', check: () => bridgeDb.findReadinessProblem() },
    { name: 'taskcluster', kind: 'degraded', check: async () => taskcluster.findProblem() },
    checkMissingTasks(passes),
    checkPasses(passes, clock, measureGaps(schedule).most),
    ...buildbot,
  ];
}
