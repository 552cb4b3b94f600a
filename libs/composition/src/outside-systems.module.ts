import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { BridgeDb, BridgeDbModule } from '@bbb/bridge-db';
import {
  Buildbot,
  BuilderPolicy,
  Clock,
  METRICS,
  Journal,
  PassStore,
  PauseStore,
  Redaction,
  TaskQueue,
  TaskStore,
  Telemetry,
} from '@bbb/rules';
import { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS, BuildbotModule } from '@bbb/buildbot';
import { CONFIGURATION, type Configuration, measureGaps } from '@bbb/configuration';
import { HEALTH_CHECKS, type HealthCheck, Metrics, readVersion, Redactor, SystemClock } from '@bbb/platform';
import { OPERATION_SYSTEMS } from '@bbb/operation';
import { Pauses, Reconciler, RULES } from '@bbb/reconciler';
import { TaskclusterModule, TaskclusterQueue } from '@bbb/taskcluster';
import { checkMissingTasks } from './absence-check.js';
import { createBuildbotOptions } from './buildbot-options.js';
import { checkCredentials } from './credentials-check.js';
import { withSettings } from './health-settings.js';
import { OPERATOR_SIDE } from './operator/operator-side.js';
import { checkPauses } from './operator/pause-check.js';
import { checkPasses } from './pass-check.js';
import { createReconcilerSettings } from './reconciler-settings.js';
import { RestrictionReport } from './restriction-report.js';
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
          Journal,
          Pauses,
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
          journal: Journal | undefined,
          pauses: Pauses,
        ) =>
          new Reconciler(
            queue,
            buildbot,
            store,
            passes,
            clock,
            telemetry,
            createReconcilerSettings(configuration, policy, logHosts),
            RULES,
            { ...(journal ? { journal } : {}), pauses },
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
        ...OPERATOR_SIDE,
        RestrictionReport,
        {
          provide: HEALTH_CHECKS,
          inject: [BridgeDb, TaskclusterQueue, PassStore, PauseStore, BUILDBOT_HEALTH, Clock, CONFIGURATION],
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
        Pauses,
        OPERATION_SYSTEMS,
        ...systems.map(({ module }) => module),
        BuildbotModule,
      ],
    };
  }
}

/** Without its database the bridge cannot work; while Taskcluster is unavailable nothing is lost. */
function createHealthChecks(
  bridgeDb: BridgeDb,
  taskcluster: TaskclusterQueue,
  passes: PassStore,
  pauses: PauseStore,
  buildbot: readonly HealthCheck[],
  clock: Clock,
  configuration: Configuration,
): HealthCheck[] {
  const checks: HealthCheck[] = [
    { name: 'bridge-db', kind: 'ready', check: () => bridgeDb.findReadinessProblem() },
    { name: 'bridge-db-clock', kind: 'degraded', check: () => bridgeDb.findClockProblem() },
    { name: 'taskcluster', kind: 'degraded', check: async () => taskcluster.findProblem() },
    { name: 'task-queue', kind: 'degraded', check: () => taskcluster.findTaskQueueProblem() },
    ...checkCredentials(configuration.taskcluster, clock),
    checkMissingTasks(passes),
    checkPasses(passes, clock, measureGaps(configuration.reflector.schedule).most),
    checkPauses(pauses),
    ...buildbot,
  ];
  return withSettings(checks, configuration);
}
