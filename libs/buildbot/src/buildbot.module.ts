import { Module, type DynamicModule } from '@nestjs/common';
import { Buildbot } from '@bbb/rules';
import { SchedulerDb, SchedulerDbModule, type SchedulerDbOptions } from '@bbb/scheduler-db';
import { SelfServe, SelfServeModule, type SelfServeOptions } from '@bbb/self-serve';
import { BuilderList, type BuilderListOptions } from './legacy/builder-list.js';
import { LegacyBuildbot } from './legacy/legacy-buildbot.js';
import { legacyLogHosts } from './legacy/log-hosts.js';

export interface BuildbotOptions {
  schedulerDb: SchedulerDbOptions;
  selfServe: SelfServeOptions;
  builders: BuilderListOptions;
}

/**
 * What the health of the Buildbot installation depends on, in the form of the platform's health checks. `ready`: the
 * service cannot work while it fails; `degraded`: it can, and nothing is lost.
 */
export interface BuildbotHealthCheck {
  name: string;
  kind: 'ready' | 'degraded';
  /** A short reason without secrets; undefined when nothing is wrong. */
  check(): Promise<string | undefined>;
}

/** Injection token of `BuildbotHealthCheck[]`. */
export const BUILDBOT_HEALTH = Symbol('BUILDBOT_HEALTH');

/** Injection token of `string[]`: where this kind of Buildbot keeps its logs, in the form of `artifacts.log_hosts`. */
export const BUILDBOT_LOG_HOSTS = Symbol('BUILDBOT_LOG_HOSTS');

/** Provides the Buildbot port, its health checks and its log hosts; what they are made of stays inside. */
@Module({})
export class BuildbotModule {
  static register({ schedulerDb, selfServe, builders }: BuildbotOptions): DynamicModule {
    return {
      module: BuildbotModule,
      imports: [SchedulerDbModule.register(schedulerDb), SelfServeModule.register(selfServe)],
      providers: [
        { provide: BuilderList, useFactory: () => new BuilderList(builders) },
        { provide: Buildbot, useClass: LegacyBuildbot },
        {
          provide: BUILDBOT_HEALTH,
          inject: [SchedulerDb, SelfServe, BuilderList],
          useFactory: legacyHealthChecks,
        },
        { provide: BUILDBOT_LOG_HOSTS, useValue: legacyLogHosts(selfServe.url, builders.url) },
      ],
      exports: [Buildbot, BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS],
    };
  }
}

function legacyHealthChecks(
  schedulerDb: SchedulerDb,
  selfServe: SelfServe,
  builderList: BuilderList,
): BuildbotHealthCheck[] {
  return [
    { name: 'scheduler-db', kind: 'ready', check: () => schedulerDb.problem() },
    { name: 'self-serve', kind: 'degraded', check: () => selfServe.problem() },
    { name: 'builder-list', kind: 'degraded', check: () => builderList.problem() },
  ];
}
