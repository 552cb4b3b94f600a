import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { BridgeDb, BridgeDbModule } from '@bbb/bridge-db';
import {
  ArtifactPolicy,
  Buildbot,
  BuilderPolicy,
  LOG_HOSTS,
  Clock,
  Redaction,
  TaskQueue,
  TaskStore,
  Telemetry,
} from '@bbb/rules';
import { BuilderList, BuildbotModule } from '@bbb/buildbot';
import { CONFIGURATION, type Configuration, secretsOf } from '@bbb/configuration';
import { HEALTH_CHECKS, type HealthCheck, Metrics, Redactor, SystemClock } from '@bbb/platform';
import { Reconciler, type ReconcilerSettings } from '@bbb/reconciler';
import { SchedulerDb } from '@bbb/scheduler-db';
import { SelfServe } from '@bbb/self-serve';
import { TaskclusterModule, TaskclusterQueue } from '@bbb/taskcluster';
import type { Overrides } from './overrides.js';

/** The outside systems that every service works with, the reconciler on top of them, and their health. */
@Module({})
export class OutsideSystemsModule {
  static register(configuration: Configuration, _overrides: Overrides = {}): DynamicModule {
    const { taskcluster, schedulerDb, bridgeDb, selfServe, builders } = configuration;
    const shared: Provider[] = [
      { provide: CONFIGURATION, useValue: configuration },
      { provide: Clock, useExisting: SystemClock },
      { provide: Telemetry, useExisting: Metrics },
      { provide: Redaction, useExisting: Redactor },
      { provide: BuilderPolicy, useValue: new BuilderPolicy(builders) },
      {
        provide: Reconciler,
        inject: [TaskQueue, Buildbot, TaskStore, Clock, Telemetry, BuilderPolicy],
        useFactory: (
          queue: TaskQueue,
          buildbot: Buildbot,
          store: TaskStore,
          clock: Clock,
          telemetry: Telemetry,
          policy: BuilderPolicy,
        ) => new Reconciler(queue, buildbot, store, clock, telemetry, settingsOf(configuration, policy)),
      },
    ];
    const systems = [
      TaskclusterModule.register(taskcluster),
      BridgeDbModule.register(bridgeDb),
      BuildbotModule.register({ schedulerDb, selfServe, builders }),
    ];
    return {
      module: OutsideSystemsModule,
      global: true,
      imports: systems,
      providers: [
        ...shared,
        {
          provide: HEALTH_CHECKS,
          inject: [BridgeDb, SchedulerDb, TaskclusterQueue, SelfServe, BuilderList],
          useFactory: healthChecks,
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
      ],
    };
  }
}

function settingsOf(configuration: Configuration, policy: BuilderPolicy): ReconcilerSettings {
  const { workerGroup, workerId, provisionerId, workerType } = configuration.taskcluster;
  const { reclaimWindow, finishedGrace, missingGrace } = configuration.reflector;
  return {
    worker: { workerGroup, workerId },
    taskQueueId: `${provisionerId}/${workerType}`,
    reclaimWindow,
    finishedGrace,
    missingGrace,
    results: configuration.results,
    policy,
    artifacts: artifactPolicy(configuration),
  };
}

function artifactPolicy(configuration: Configuration): ArtifactPolicy {
  const { artifacts, selfServe, builders } = configuration;
  const { logHosts, ...settings } = artifacts;
  return new ArtifactPolicy({
    ...settings,
    logHosts: logHosts ?? [...LOG_HOSTS, ...namedHosts(selfServe.url, builders.url)],
    ownSecrets: secretsOf(configuration),
  });
}

/** Hosts that the configuration relies on already, by http too. */
function namedHosts(...urls: (string | undefined)[]): string[] {
  return urls.flatMap((url) =>
    url !== undefined && /^https?:/i.test(url) && URL.canParse(url)
      ? [`http://${new URL(url).hostname}`]
      : [],
  );
}

/** Without a database nothing can be done; the other systems may be away for a while, and nothing is lost. */
function healthChecks(
  bridgeDb: BridgeDb,
  schedulerDb: SchedulerDb,
  taskcluster: TaskclusterQueue,
  selfServe: SelfServe,
  builderList: BuilderList,
): HealthCheck[] {
  return [
    { name: 'bridge-db', kind: 'ready', check: () => bridgeDb.problem() },
    { name: 'scheduler-db', kind: 'ready', check: () => schedulerDb.problem() },
    { name: 'taskcluster', kind: 'degraded', check: async () => taskcluster.problem() },
    { name: 'self-serve', kind: 'degraded', check: async () => selfServe.problem() },
    { name: 'builder-list', kind: 'degraded', check: async () => builderList.problem() },
  ];
}
