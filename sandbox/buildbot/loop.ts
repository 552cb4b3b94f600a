import { Logger } from '@nestjs/common';

/** Repeats a step with a pause after each, until halted. A failing step is logged and tried again. */
export class Loop {
  private readonly logger = new Logger('Sandbox');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private halted = false;

  /** @param pause milliseconds between steps */
  constructor(
    private readonly step: () => Promise<void>,
    private readonly pause: number,
  ) {
    this.running = this.next();
  }

  /** Resolves when the step under way, if any, has ended. */
  async halt(): Promise<void> {
    this.halted = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async next(): Promise<void> {
    try {
      await this.step();
    } catch (error) {
      this.logger.error({ err: error }, 'simulator step failed');
    }
    if (this.halted) return;
    this.timer = setTimeout(() => {
      this.running = this.next();
    }, this.pause);
  }
}
