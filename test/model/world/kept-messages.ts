import type { ReceivedMessage } from '@bbb/rules';
import { MemoryMessageStore } from '../../../libs/pulse/src/testing/memory-message-store.js';

/** Kept messages, and what was ever kept. */
export class KeptMessages extends MemoryMessageStore {
  readonly bodies = new Set<string>();

  override async park(message: ReceivedMessage, error: string, nextAttempt: number): Promise<void> {
    await super.park(message, error, nextAttempt);
    this.bodies.add(message.body);
  }

  override async quarantine(message: ReceivedMessage, error: string): Promise<void> {
    await super.quarantine(message, error);
    this.bodies.add(message.body);
  }
}
