import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, MessageStore, Telemetry } from '@bbb/rules';
import type { PulseOptions } from './options.js';
import { PulseServer } from './pulse.server.js';

/**
 * Provides the {@link PulseServer}. The application provides `MessageStore`, `Clock` and `Telemetry` globally, and
 * connects the server as a microservice.
 */
@Module({})
export class PulseModule {
  static register(options: PulseOptions): DynamicModule {
    return {
      module: PulseModule,
      providers: [
        {
          provide: PulseServer,
          inject: [MessageStore, Clock, Telemetry],
          useFactory: (store: MessageStore, clock: Clock, telemetry: Telemetry) =>
            new PulseServer(options, store, clock, telemetry),
        },
      ],
      exports: [PulseServer],
    };
  }
}
