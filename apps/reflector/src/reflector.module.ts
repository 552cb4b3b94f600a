import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { Configuration } from '@bbb/platform';
import { OutsideSystemsModule, type Overrides } from '@bbb/composition';
import { OrphanSweep } from './orphan-sweep.service.js';
import { PassScheduler } from './pass-scheduler.service.js';
import { ReflectorPass } from './reflector-pass.service.js';
import { TrackedWalk } from './tracked-walk.service.js';
import { UntrackedRuns } from './untracked-runs.service.js';

/** Hears the clock: keeps claims alive, and repairs everything that no message told. */
@Module({})
export class ReflectorModule {
  static register(configuration: Configuration, overrides: Overrides = {}): DynamicModule {
    return {
      module: ReflectorModule,
      imports: [ScheduleModule.forRoot(), OutsideSystemsModule.register(configuration, overrides)],
      providers: [PassScheduler, ReflectorPass, TrackedWalk, UntrackedRuns, OrphanSweep],
    };
  }
}
