import type { JsonValue } from '@bbb/rules';
import { BuildEventsController } from '../../apps/bb-listener/src/build-events.controller.js';
import { BuildFinishedService } from '../../apps/bb-listener/src/build-finished.service.js';
import { BuildStartedService } from '../../apps/bb-listener/src/build-started.service.js';
import { TrackedBuilds } from '../../apps/bb-listener/src/tracked-builds.js';
import { TaskEventsController } from '../../apps/tc-listener/src/task-events.controller.js';
import { TaskExceptionService } from '../../apps/tc-listener/src/task-exception.service.js';
import { TaskPendingService } from '../../apps/tc-listener/src/task-pending.service.js';
import { readBody, parseBody } from '../../libs/pulse/src/messages/message-body.js';
import { type Outcome, Settlement } from '../../libs/pulse/src/messages/settlement.js';
import { MemoryMessageStore } from '../support/doubles/memory-message-store.js';
import type { ReconcilerHarness } from '../../libs/reconciler/src/testing/reconciler-harness.js';
import type { Delivery, Subscription } from './messages.js';

type Handler = (payload: JsonValue) => Promise<void>;

/** Both listeners, from the bytes of a message to what becomes of it, on simulated systems. */
export class Listeners {
  readonly kept = new MemoryMessageStore();
  private readonly settlement: Settlement;
  private readonly handlers: Record<Subscription, Handler>;

  constructor({ store, reconciler, clock, queue }: ReconcilerHarness) {
    const parking = { firstDelay: 5, maxDelay: 600, attempts: 10, interval: 5, reservation: 60 };
    this.settlement = new Settlement(this.kept, clock, parking, async () => undefined);
    const tasks = new TaskEventsController(
      new TaskPendingService(reconciler),
      new TaskExceptionService(store, reconciler),
    );
    const tracked = new TrackedBuilds(store, reconciler, queue);
    const builds = new BuildEventsController(
      new BuildStartedService(tracked),
      new BuildFinishedService(tracked),
    );
    this.handlers = {
      'task-pending': (payload) => tasks.onPending(payload),
      'task-exception': (payload) => tasks.onException(payload),
      started: (payload) => builds.onStarted(payload),
      log_uploaded: (payload) => builds.onLogUploaded(payload, { redelivered: false }),
    };
  }

  async hear({ subscription, body }: Delivery): Promise<{ outcome: Outcome | 'stuck'; error: string }> {
    const received = readBody(body);
    const message = { subscription, exchange: 'x', routingKey: 'y', body: received.text };
    const settled = this.settlement.settleDelivered(message, async () => {
      await this.handlers[subscription](parseBody(received));
    });
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<'stuck'>((resolve) => (timer = setTimeout(() => resolve('stuck'), 10_000)));
    const outcome = await Promise.race([settled, stuck]);
    clearTimeout(timer);
    return { outcome, error: [...this.kept.kept.values()].at(-1)?.error ?? '' };
  }
}
