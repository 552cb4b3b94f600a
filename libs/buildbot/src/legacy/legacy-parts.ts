import type { ModuleMetadata } from '@nestjs/common';
import { Buildbot } from '@bbb/rules';
import { SchedulerDb, SchedulerDbModule, type SchedulerDbOptions } from '@bbb/scheduler-db';
import { SelfServe, SelfServeModule, type SelfServeOptions } from '@bbb/self-serve';
import { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS, type BuildbotHealthCheck } from '../health.js';
import { BuilderList, type BuilderListOptions } from './builder-list.js';
import { LegacyBuildbot } from './legacy-buildbot.js';
import { listLegacyLogHosts } from './log-hosts.js';

export interface LegacyOptions {
  schedulerDb: SchedulerDbOptions;
  selfServe: SelfServeOptions;
  builders: BuilderListOptions;
}

/** Imports and providers of the module for Buildbot 0.8. */
export function createLegacyParts({ schedulerDb, selfServe, builders }: LegacyOptions): ModuleMetadata {
  return {
    imports: [SchedulerDbModule.register(schedulerDb), SelfServeModule.register(selfServe)],
    providers: [
      { provide: BuilderList, useFactory: () => new BuilderList(builders) },
      { provide: Buildbot, useClass: LegacyBuildbot },
      {
        provide: BUILDBOT_HEALTH,
        inject: [SchedulerDb, SelfServe, BuilderList],
        useFactory: createLegacyHealthChecks,
      },
      { provide: BUILDBOT_LOG_HOSTS, useValue: listLegacyLogHosts(selfServe.url, builders.url) },
    ],
  };
}

function createLegacyHealthChecks(
  schedulerDb: SchedulerDb,
  selfServe: SelfServe,
  builderList: BuilderList,
): BuildbotHealthCheck[] {
  return [
    { name: 'scheduler-db', kind: 'ready', check: () => schedulerDb.findProblem() },
    { name: 'scheduler-db-clock', kind: 'degraded', check: () => schedulerDb.serverClock.findProblem() },
    { name: 'self-serve', kind: 'degraded', check: () => selfServe.findProblem() },
    { name: 'builder-list', kind: 'degraded', check: () => builderList.findProblem() },
  ];
}
