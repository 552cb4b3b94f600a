import { Module, type DynamicModule } from '@nestjs/common';
import { Buildbot } from '@bbb/rules';
import { SchedulerDbModule, type SchedulerDbOptions } from '@bbb/scheduler-db';
import { SelfServeModule, type SelfServeOptions } from '@bbb/self-serve';
import { BuilderList, type BuilderListOptions } from './builder-list.js';
import { LegacyBuildbot } from './legacy-buildbot.js';

export interface BuildbotOptions {
  schedulerDb: SchedulerDbOptions;
  selfServe: SelfServeOptions;
  builders: BuilderListOptions;
}

/** Provides the Buildbot port, and what it is made of, for health checks. */
@Module({})
export class BuildbotModule {
  static register({ schedulerDb, selfServe, builders }: BuildbotOptions): DynamicModule {
    return {
      module: BuildbotModule,
      imports: [SchedulerDbModule.register(schedulerDb), SelfServeModule.register(selfServe)],
      providers: [
        { provide: BuilderList, useFactory: () => new BuilderList(builders) },
        { provide: Buildbot, useClass: LegacyBuildbot },
      ],
      exports: [Buildbot, BuilderList, SchedulerDbModule, SelfServeModule],
    };
  }
}
