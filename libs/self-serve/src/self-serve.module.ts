import { Module, type DynamicModule } from '@nestjs/common';
import { SelfServe, type SelfServeOptions } from './self-serve.js';

@Module({})
export class SelfServeModule {
  static register(options: SelfServeOptions): DynamicModule {
    return {
      module: SelfServeModule,
      providers: [{ provide: SelfServe, useFactory: () => new SelfServe(options) }],
      exports: [SelfServe],
    };
  }
}
