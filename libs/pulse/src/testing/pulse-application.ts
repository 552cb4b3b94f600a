import {
  Catch,
  Controller,
  type ExceptionFilter,
  Global,
  type INestApplication,
  Module,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { EMPTY, type Observable } from 'rxjs';
import { Clock, type JsonValue, MessageStore, Telemetry } from '@bbb/rules';
import { OnPulse, type PulseContext, PulseModule, type PulseOptions, PulseServer } from '../index.js';
import { ManualClock } from '../../../../test/support/doubles/manual-clock.js';
import { MemoryMessageStore } from '../../../../test/support/doubles/memory-message-store.js';
import { RecordingTelemetry } from '../../../../test/support/doubles/recording-telemetry.js';

export type Handle = (payload: JsonValue, context: PulseContext) => Promise<void>;

/** Settings with short delays. */
export const QUICK = {
  reconnectMin: 0.02,
  reconnectMax: 0.05,
  parking: { firstDelay: 10, maxDelay: 1000, attempts: 3, interval: 0.02, reservation: 60 },
};

/** An exception filter of the application: it must not change how the message is acknowledged. */
@Catch()
class HideErrors implements ExceptionFilter {
  catch(): Observable<never> {
    return EMPTY;
  }
}

/** An application that subscribes to one queue under the name `task-pending`, on ports in memory. */
export class PulseApplication {
  readonly store = new MemoryMessageStore();
  readonly clock = new ManualClock();
  readonly telemetry = new RecordingTelemetry();
  private app: INestApplication;

  /** @param handle implementation of the controller's method; may be replaced */
  constructor(
    private readonly options: PulseOptions,
    public handle: Handle,
  ) {}

  get server(): PulseServer {
    return this.app.get(PulseServer);
  }

  async start(): Promise<this> {
    const handle: Handle = (payload, context) => this.handle(payload, context);

    @Controller()
    class Listener {
      @OnPulse('task-pending')
      async pending(@Payload() payload: JsonValue, @Ctx() context: PulseContext): Promise<void> {
        await handle(payload, context);
      }
    }

    @Global()
    @Module({
      providers: [
        { provide: MessageStore, useValue: this.store },
        { provide: Clock, useValue: this.clock },
        { provide: Telemetry, useValue: this.telemetry },
      ],
      exports: [MessageStore, Clock, Telemetry],
    })
    class Ports {}

    const module = await Test.createTestingModule({
      imports: [Ports, PulseModule.register(this.options)],
      controllers: [Listener],
    }).compile();
    this.app = module.createNestApplication({ logger: false });
    this.app.useGlobalFilters(new HideErrors());
    this.app.connectMicroservice({ strategy: this.server }, { inheritAppConfig: true });
    await this.app.init();
    await this.app.startAllMicroservices();
    return this;
  }

  outcomes(outcome: string): number {
    return this.telemetry.readCount('messages_total', { queue: 'task-pending', outcome });
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}

/** A promise that a test resolves. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
