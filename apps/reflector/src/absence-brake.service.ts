import { Inject, Injectable, Logger } from '@nestjs/common';
import { type Absence, type AbsenceCount, Clock, judgeAbsence, PassStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration, describeSystems } from '@bbb/configuration';

/** Keeps much that is missing at once from being acted on, by this instance and by all others. */
@Injectable()
export class AbsenceBrake {
  private readonly logger = new Logger(AbsenceBrake.name);

  constructor(
    private readonly passes: PassStore,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /** Whether no absence is believed, by the last pass of any reflector. */
  async isOn(): Promise<boolean> {
    return (await this.passes.read()).doubtedSince !== null;
  }

  /**
   * Judges what a whole pass has counted, and tells it to all instances.
   *
   * @returns whether no absence is to be believed
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
        'too many tracked tasks are missing at once; nothing is stopped, cancelled or forgotten for it: check that ' +
          'these settings name the right systems, and if the absence is real run `buildbot-bridge missing confirm`',
      );
    } else if (before?.doubtedSince != null) {
      this.logger.log({ seen, missing, confirmedMissing }, 'absence of tracked tasks is believed again');
    }
  }
}
