import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OnPulse } from '@bbb/pulse';
import { TaskExceptionService } from './task-exception.service.js';
import { readTaskMessage } from './task-message.js';
import { TaskPendingService } from './task-pending.service.js';

@Controller()
export class TaskEventsController {
  constructor(
    private readonly pending: TaskPendingService,
    private readonly exception: TaskExceptionService,
  ) {}

  @OnPulse('task-pending')
  async onPending(@Payload() payload: unknown): Promise<void> {
    await this.pending.handle(readTaskMessage(payload));
  }

  @OnPulse('task-exception')
  async onException(@Payload() payload: unknown): Promise<void> {
    await this.exception.handle(readTaskMessage(payload));
  }
}
