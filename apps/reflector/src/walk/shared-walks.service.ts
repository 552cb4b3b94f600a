import { Inject, Injectable } from '@nestjs/common';
import { type AbsenceCount, Clock, TaskStore, type TrackedTask, WalkStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';

/** How a walk is shared; tests change it. */
export const SHARING = {
  /** Seconds after which the rest of a walk is offered to other reflectors. */
  offeredAfter: 5,
  /** Pages in a part. */
  pages: 10,
  /** How often, and how many milliseconds apart, a reflector looks whether the others have counted their parts. */
  looks: 50,
  betweenLooks: 200,
};

/** A pass of this reflector. */
export interface Pass {
  /** Epoch seconds; identifies it. */
  begun: number;
  /** Seconds between two passes, at most. */
  interval: number;
}

/** Some rows of a walk, most urgent claim first. */
export interface WalkedPage {
  rows: readonly TrackedTask[];
  /** Where they are of a part that was taken: of which pass, and whether this is its last page. */
  part?: { pass: number; isLast: boolean };
}

/**
 * Walks over the tracked tasks. What one reflector alone cannot read soon is offered to the others, part by part; the most
 * urgent part is taken first. Each part is taken by one of them. The parts of one that fails or dies are left to the
 * next pass, as are those of a pass by a single reflector.
 */
@Injectable()
export class SharedWalks {
  sharing: Readonly<typeof SHARING> = SHARING;
  private offered: number | undefined;

  constructor(
    private readonly store: TaskStore,
    private readonly walks: WalkStore,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /** Walks over all tracked tasks, but for the parts that others take. */
  async *walk({ begun, interval }: Pass): AsyncGenerator<WalkedPage> {
    const { batch } = this.configuration.reflector;
    let after: string | undefined;
    do {
      const { tasks: rows, next } = await this.store.readPage(batch, after);
      yield { rows };
      after = next;
      if (after !== undefined && (await this.offer(begun, after, interval))) break;
    } while (after !== undefined);
    if (after !== undefined) yield* this.takeParts(begun);
  }

  /**
   * The pass, by its begin, whose walk another reflector offers; undefined when there is none, or nothing is left of it.
   *
   * @param interval seconds between two passes: a walk that nobody has worked on for so long is over
   */
  async findOffered(interval: number): Promise<number | undefined> {
    const offered = await this.walks.read();
    if (offered === undefined || offered.rest === null) return undefined;
    return Math.abs(this.clock.now() - offered.takenAt) <= interval ? offered.pass : undefined;
  }

  /** Adds the count of a part that was taken. */
  count(pass: number, count: AbsenceCount): Promise<void> {
    return this.walks.count(pass, count);
  }

  /**
   * Adds up the counts of a pass of this reflector, once all its parts are counted.
   *
   * @param own what this reflector has counted of the walk before it was offered
   * @returns undefined when a part is not counted
   */
  async addUp(pass: number, own: AbsenceCount): Promise<AbsenceCount | undefined> {
    if (this.offered !== pass) return own;
    const { looks, betweenLooks } = this.sharing;
    for (let look = 1; ; look++) {
      const offered = await this.walks.read();
      if (offered?.pass !== pass) return undefined;
      if (offered.rest === null && offered.parts === 0)
        return { seen: own.seen + offered.seen, missing: own.missing + offered.missing };
      if (look >= looks) return undefined;
      await new Promise((resolve) => setTimeout(resolve, betweenLooks));
    }
  }

  private async offer(pass: number, rest: string, interval: number): Promise<boolean> {
    const now = this.clock.now();
    if (now - pass < this.sharing.offeredAfter || !(await this.walks.offer(pass, rest, now, interval)))
      return false;
    this.offered = pass;
    return true;
  }

  /**
   * Takes parts of the walk of a pass, until nothing is left.
   *
   * @param goOn says before each part whether to take one more
   */
  async *takeParts(pass: number, goOn: () => boolean = () => true): AsyncGenerator<WalkedPage> {
    const { batch } = this.configuration.reflector;
    while (goOn()) {
      const offered = await this.walks.read();
      if (offered?.pass !== pass || offered.rest === null) return;
      const end = await this.store.skip(offered.rest, this.sharing.pages * batch);
      if (!(await this.walks.take(offered, end ?? null, this.clock.now()))) continue;
      for (let after: string | undefined = offered.rest; after !== undefined;) {
        const { tasks: rows, next } = await this.store.readPage(batch, after, end);
        yield { rows, part: { pass, isLast: next === undefined } };
        after = next;
      }
    }
  }
}
