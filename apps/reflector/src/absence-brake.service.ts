import { Inject, Injectable, Logger } from '@nestjs/common';
import { type Absence, type AbsenceCount, Clock, judgeAbsence, PassStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration, describeSystems } from '@bbb/configuration';

/** Prevents this instance and all others from acting on missing tasks while too many are missing at once. */
@Injectable()
export class AbsenceBrake {
  private readonly logger = new Logger(AbsenceBrake.name);

  constructor(
    private readonly passes: PassStore,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /** Whether the last pass of any reflector found too many tasks missing. */
  async isOn(): Promise<boolean> {
    return (await this.passes.read()).doubtedSince !== null;
  }

  /** Whether it is not to be believed that so many tasks are missing, while a pass still counts. */
  async isOnFor(missing: number): Promise<boolean> {
    const known = await this.passes.read();
    return known.doubtedSince !== null || missing > known.missing + this.configuration.reflector.missingLimit;
  }

  /**
   * Judges the count of a whole pass, and shares the result with all instances.
   *
   * @returns whether too many tasks are missing to believe it
   * @throws Unavailable when the bridge's database is unavailable
   */
  async apply(count: AbsenceCount): Promise<boolean> {
    const limit = this.configuration.reflector.missingLimit;
    let before: Absence | undefined;
    const after = await this.passes.changeAbsence((known) => {
      before = known;
      return judgeAbsence(known, count, limit, this.clock.now());
    });
    this.log(before, after);
    return after.doubtedSince !== null;
  }

  private log(before: Absence | undefined, after: Absence): void {
    const { seen, missing, confirmedMissing } = after;
    if (after.doubtedSince !== null) {
      this.logger.error(
        { seen, missing, ...describeSystems(this.configuration) },
        'too many tracked tasks are missing at once; none of them is stopped, cancelled or forgotten, and no build ' +
          'request is created: check that these settings name the right systems, and if the absence is real run `buildbot-bridge missing confirm`',
      );
    } else if (before?.doubtedSince != null) {
      this.logger.log(
        { seen, missing, confirmedMissing },
        'no longer too many tracked tasks missing; acting on missing tasks again',
      );
    }
  }
}
