import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { BridgeDb, JournalTable } from '@bbb/bridge-db';
import { Clock, TurnStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';

/** Seconds between two rounds; of several reflectors one makes each. */
const INTERVAL = 600;
const DAY = 86_400;

/** Deletes the journal's oldest entries, a few thousand at a time. A failure harms nothing. */
@Injectable()
export class JournalTrimming implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(JournalTrimming.name);
  private readonly journal: JournalTable;
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    db: BridgeDb,
    private readonly turns: TurnStore,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {
    this.journal = new JournalTable(db);
  }

  onApplicationBootstrap(): void {
    const round = () => {
      this.underWay = this.trim();
    };
    this.timer = setInterval(round, INTERVAL * 1000).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.underWay;
  }

  /** Makes a round unless another reflector has made this one. Never throws. */
  async trim(): Promise<void> {
    const { days, rows } = this.configuration.journal;
    const now = this.clock.now();
    try {
      if (!(await this.turns.take('journal', now, INTERVAL / 2))) return;
      const bounds = { since: now - days * DAY, rows };
      const deleted = await this.journal.trim(bounds, () => this.stopping);
      if (deleted > 0) this.logger.log({ deleted }, 'old entries of the journal deleted');
    } catch (error) {
      if (!this.stopping)
        this.logger.warn({ error }, 'old entries of the journal are not deleted; will retry');
    }
  }
}
