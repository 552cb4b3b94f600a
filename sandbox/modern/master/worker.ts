import { EXCEPTION } from '../results.js';

const LONGEST_QUARANTINE = 3600;

/**
 * The process of a worker, which outlives its master's. Frozen, it stays connected and answers nothing.
 */
export class WorkerProcess {
  isRunning = true;
  private isFrozen = false;
  private undelivered: (() => void)[] = [];
  private readonly onChange = new Set<() => void>();

  constructor(readonly name: string) {}

  /** The master hears when the worker comes and goes. @returns ends that */
  watch(changed: () => void): () => void {
    this.onChange.add(changed);
    return () => this.onChange.delete(changed);
  }

  start(): void {
    this.isRunning = true;
    for (const changed of this.onChange) changed();
  }

  kill(): void {
    Object.assign(this, { isRunning: false, isFrozen: false, undelivered: [] });
    for (const changed of this.onChange) changed();
  }

  freeze(): void {
    this.isFrozen = true;
  }

  thaw(): void {
    this.isFrozen = false;
    for (const act of this.undelivered.splice(0)) act();
  }

  /** What needs the worker's answer happens at once, or when the worker answers again. */
  deliver(act: () => void): void {
    if (this.isFrozen) this.undelivered.push(act);
    else act();
  }
}

/** A worker as its master sees it. */
export class WorkerSlot {
  isPaused = false;
  isQuarantined = false;
  /** Builders of which it builds something. */
  readonly building = new Set<string>();
  private quarantine = 0;

  constructor(
    readonly process: WorkerProcess,
    readonly maxBuilds: number,
  ) {}

  canBuild(builder: string): boolean {
    return (
      this.process.isRunning &&
      !this.isPaused &&
      !this.isQuarantined &&
      this.building.size < this.maxBuilds &&
      !this.building.has(builder)
    );
  }

  /**
   * Notes how a build ended. An EXCEPTION keeps the worker from building for a while, of all builders.
   *
   * @returns the seconds of its quarantine, 0 for none
   */
  note(results: number, first: number): number {
    this.quarantine = results === EXCEPTION ? Math.min(LONGEST_QUARANTINE, this.quarantine * 2 || first) : 0;
    return this.quarantine;
  }
}
