import { Logger } from '@nestjs/common';

/** Seconds of clock difference that cause a warning, and an error; claims are still timed by Taskcluster's clock. */
const WARNING = 5;
const ERROR = 60;

/** Number of latest answers whose median is used, so that a single wrong header changes nothing. */
const SAMPLES = 5;

type Level = 'none' | 'warning' | 'error';

/** Measures how far Taskcluster's clock is ahead of this machine's, from the `Date` headers of its answers. */
export class ClockOffset {
  private readonly logger = new Logger('TaskclusterClock');
  private readonly samples: number[] = [];
  private level: Level = 'none';
  private median: number | undefined;

  /**
   * @param date the header
   * @param local epoch milliseconds of this machine, halfway between request and answer
   */
  note(date: string | undefined, local: number): void {
    const remote = Date.parse(date ?? '');
    if (Number.isNaN(remote)) return;
    // The header has whole seconds; on average half a second has passed.
    this.samples.push((remote + 500 - local) / 1000);
    if (this.samples.length > SAMPLES) this.samples.shift();
    this.median = [...this.samples].sort((one, other) => one - other)[Math.floor(this.samples.length / 2)];
    this.logChange();
  }

  /** Undefined before the first answer. */
  get seconds(): number | undefined {
    return this.median;
  }

  /** The problem with this machine's clock, and the remedy. */
  findProblem(): string | undefined {
    const offset = this.seconds;
    if (offset === undefined || judgeOffset(offset) === 'none') return undefined;
    const direction = offset > 0 ? 'behind' : 'ahead of';
    const far = judgeOffset(offset) === 'error' ? ' claims are kept by its time only;' : '';
    return `this machine's clock is ${Math.round(Math.abs(offset))} s ${direction} Taskcluster's;${far} synchronise it`;
  }

  private logChange(): void {
    const offset = this.seconds;
    if (offset === undefined || judgeOffset(offset) === this.level) return;
    this.level = judgeOffset(offset);
    const facts = { offset: Math.round(offset) };
    if (this.level === 'error') {
      this.logger.error(
        facts,
        "this machine's clock differs from Taskcluster's by over a minute; synchronise it",
      );
    } else if (this.level === 'warning') {
      this.logger.warn(facts, "this machine's clock differs from Taskcluster's; synchronise it");
    } else {
      this.logger.log(facts, "this machine's clock agrees with Taskcluster's");
    }
  }
}

function judgeOffset(offset: number): Level {
  const distance = Math.abs(offset);
  if (distance > ERROR) return 'error';
  return distance > WARNING ? 'warning' : 'none';
}
