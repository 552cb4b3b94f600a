import { Module, type DynamicModule } from '@nestjs/common';
import { BuildbotMasters } from './buildbot-masters.js';
import type { BuildbotMastersOptions } from './options.js';

@Module({})
export class BuildbotMastersModule {
  static register(options: BuildbotMastersOptions): DynamicModule {
    return {
      module: BuildbotMastersModule,
      providers: [{ provide: BuildbotMasters, useFactory: () => new BuildbotMasters(options) }],
      exports: [BuildbotMasters],
    };
  }
}
