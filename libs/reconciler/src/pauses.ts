import { Logger } from '@nestjs/common';
import { type Clock, type Pause, PausedBuilders, type PauseStore } from '@bbb/rules';

/** Seconds for which the pauses that were read are used. */
const FRESH = 5;

/** The pauses in force, read at most every few seconds; logs when they change. */
export class Pauses {
  private readonly logger = new Logger('Pauses');
  private known: { readAt: number; pauses: readonly Pause[]; builders: PausedBuilders } | undefined;
  private reading: Promise<PausedBuilders> | undefined;

  constructor(
    private readonly store: Pick<PauseStore, 'list'>,
    private readonly clock: Clock,
  ) {}

  /**
   * The pause that holds a builder back; undefined when none does.
   *
   * @throws Unavailable when the pauses cannot be read
   */
  async find(buildername: string): Promise<Pause | undefined> {
    return (await this.current()).find(buildername);
  }

  /** As {@link find}, for many builders. */
  async current(): Promise<PausedBuilders> {
    const { known } = this;
    const age = known && Math.abs(this.clock.now() - known.readAt);
    if (known && age! < FRESH) return known.builders;
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async read(): Promise<PausedBuilders> {
    // Before the database answers: a pause that is ordered meanwhile may not be among them.
    const readAt = this.clock.now();
    const pauses = await this.store.list();
    this.logChanges(this.known?.pauses ?? [], pauses);
    const builders = new PausedBuilders(pauses);
    this.known = { readAt, pauses, builders };
    return builders;
  }

  private logChanges(before: readonly Pause[], after: readonly Pause[]): void {
    const isIn = (list: readonly Pause[], { builders, since }: Pause) =>
      list.some((pause) => pause.builders === builders && pause.since === since);
    for (const { builders, reason, by } of after.filter((pause) => !isIn(before, pause)))
      this.logger.warn({ builders, reason, by }, 'creation of build requests paused');
    for (const { builders } of before.filter((pause) => !isIn(after, pause)))
      this.logger.log({ builders }, 'creation of build requests resumed');
  }
}
