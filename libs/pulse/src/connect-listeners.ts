import { Logger } from '@nestjs/common';
import { errorText } from './text.js';

export type ConnectListener = () => unknown;

/** Who wants to hear of every connect. A listener that fails harms nobody else. */
export class ConnectListeners {
  private readonly logger = new Logger('Pulse');
  private readonly listeners: ConnectListener[] = [];

  add(listener: ConnectListener): void {
    this.listeners.push(listener);
  }

  tellAll(): void {
    for (const listener of this.listeners) void this.tell(listener);
  }

  private async tell(listener: ConnectListener): Promise<void> {
    try {
      await listener();
    } catch (error) {
      this.logger.error({ error: errorText(error) }, 'connect listener failed');
    }
  }
}
