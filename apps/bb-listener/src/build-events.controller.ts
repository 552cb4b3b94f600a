import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OnPulse, type PulseContext } from '@bbb/pulse';
import { BuildFinishedService } from './build-finished.service.js';
import { BUILD_FINISHED, BUILD_STARTED, readLogUploaded, readStarted } from '@bbb/buildbot';
import { BuildStartedService } from './build-started.service.js';

@Controller()
export class BuildEventsController {
  constructor(
    private readonly started: BuildStartedService,
    private readonly finished: BuildFinishedService,
  ) {}

  @OnPulse(BUILD_STARTED)
  async onStarted(@Payload() payload: unknown): Promise<void> {
    await this.started.handle(readStarted(payload));
  }

  @OnPulse(BUILD_FINISHED)
  async onLogUploaded(
    @Payload() payload: unknown,
    @Ctx() { redelivered }: Pick<PulseContext, 'redelivered'>,
  ): Promise<void> {
    await this.finished.handle(readLogUploaded(payload), { mayLeave: !redelivered });
  }
}
