import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type BuilderKnown, Unavailable } from '@bbb/rules';
import { createBuilderListSource, type BuilderListSource } from './builder-list-source.js';
import { readBuilderNames } from './builder-names.js';

export interface BuilderListOptions {
  /** http(s) or file URL, or a path, of `allthethings.json`; without it names are not checked. */
  url?: string;
  /** Seconds between two reads. */
  refresh: number;
  /** Maximum seconds per read. */
  timeout: number;
  /** Epoch seconds; the machine's clock by default. */
  now?: () => number;
}

const SYSTEM = 'builder-list';

/** Minimum seconds between two reads for names that are not in the list. */
const MIN_PAUSE = 10;

/**
 * The builders of a Buildbot 0.8 installation, from the file that Mozilla's installations publish. It is rewritten in
 * place, so a reader may get half of it: when it cannot be read, the known names are kept.
 *
 * `unknown` ends a task, so only a list that was read recently may say it, and a name that is not in the list leads to an
 * early read first.
 */
export class BuilderList implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('BuilderList');
  private readonly source?: BuilderListSource;
  private readonly now: () => number;
  private names?: ReadonlySet<string>;
  /** Size of a much shorter list that is not used yet, and when it was first read. */
  private doubted?: { builders: number; since: number };
  private readAt = -Infinity;
  private triedAt = -Infinity;
  private failure?: string;
  private refreshing?: Promise<void>;
  private timer?: NodeJS.Timeout;

  constructor(private readonly options: BuilderListOptions) {
    this.now = options.now ?? (() => Date.now() / 1000);
    this.source = options.url ? createBuilderListSource(options.url) : undefined;
  }

  /** Starts reading the list now and every `refresh` seconds. Does not wait for the first read. */
  onApplicationBootstrap(): void {
    if (!this.source) return;
    void this.refresh();
    this.timer = setInterval(() => void this.refresh(), this.options.refresh * 1000);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * Whether the list contains a name. Returns at once for a known name, once the list has been loaded.
   *
   * @throws Unavailable when the list was never loaded, or is too old to say that a builder does not exist
   */
  async knows(buildername: string): Promise<BuilderKnown> {
    if (!this.source) return 'unchecked';
    if (this.names?.has(buildername)) return 'known';
    // A call during a read waits for it; soon after a read the list is not read again.
    if (this.refreshing || this.now() - this.triedAt >= this.pause) await this.refresh();
    if (!this.names) throw this.neverLoaded();
    if (this.names.has(buildername)) return 'known';
    if (this.isStale) throw new Unavailable(SYSTEM, `the builder list is out of date: ${this.failure}`);
    return 'unknown';
  }

  /** The names in the list; undefined without one. @throws Unavailable when it was never loaded */
  async list(): Promise<readonly string[] | undefined> {
    if (!this.source) return undefined;
    if (!this.names) await this.refresh();
    if (!this.names) throw this.neverLoaded();
    return [...this.names];
  }

  /** Reads the list again. Does not throw; {@link findProblem} reports a failure. */
  refresh(): Promise<void> {
    this.refreshing ??= this.load().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /** Why the last read failed; undefined when it succeeded. Does not read the list. */
  async findProblem(): Promise<string | undefined> {
    if (!this.source || this.failure === undefined) return undefined;
    return this.names
      ? `using an outdated builder list: ${this.failure}`
      : `no builder list: ${this.failure}`;
  }

  private neverLoaded(): Unavailable {
    return new Unavailable(SYSTEM, `the builder list was never loaded: ${this.failure}`);
  }

  private get pause(): number {
    return Math.min(MIN_PAUSE, this.options.refresh);
  }

  private get isStale(): boolean {
    return this.now() - this.readAt > 2 * this.options.refresh;
  }

  private async load(): Promise<void> {
    this.triedAt = this.now();
    try {
      const text = await this.source!.read(this.options.timeout);
      if (text !== undefined) this.accept(text);
      if (this.failure !== undefined) this.logger.log('the builder list can be read again');
      this.failure = undefined;
      this.readAt = this.now();
    } catch (error) {
      this.source!.forget();
      const failure = error instanceof Error ? error.message : String(error);
      if (failure !== this.failure) this.logger.warn({ reason: failure }, 'the builder list cannot be read');
      this.failure = failure;
    }
  }

  private accept(text: string): void {
    const names = readBuilderNames(text);
    if (this.names !== undefined && names.size < this.names.size / 2 && this.isNews(names.size)) {
      throw new Error(`it shrank from ${this.names.size} to ${names.size} builders`);
    }
    this.doubted = undefined;
    if (this.names?.size !== names.size) this.logger.log({ builders: names.size }, 'builder list loaded');
    this.names = names;
  }

  /** Whether the size is new: a loss of most builders is believed only once it has lasted for the refresh interval. */
  private isNews(builders: number): boolean {
    if (this.doubted?.builders !== builders) this.doubted = { builders, since: this.now() };
    return this.now() - this.doubted.since < this.options.refresh;
  }
}
