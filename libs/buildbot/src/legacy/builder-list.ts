import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type BuilderKnown, Unavailable } from '@bbb/rules';
import { builderListSource, type BuilderListSource } from './builder-list-source.js';
import { readBuilderNames } from './builder-names.js';

export interface BuilderListOptions {
  /** http(s) or file URL, or a path, of `allthethings.json`; without it names are not checked. */
  url?: string;
  /** Seconds between two looks. */
  refresh: number;
  /** Seconds per look. */
  timeout: number;
  /** Epoch seconds; the machine's clock unless told. */
  now?: () => number;
}

const SYSTEM = 'builder-list';

/** Seconds between looks that names ask for. */
const MIN_PAUSE = 10;

/**
 * The builders of a Buildbot 0.8 installation, from the file that Mozilla's installations publish. It is rewritten in
 * place, so that a reader can get half of it: whatever cannot be read leaves the names that are known.
 *
 * `unknown` ends a task for good, so only a list that was seen lately says it, and a name that is not on it makes for
 * an early look first.
 */
export class BuilderList implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('BuilderList');
  private readonly source?: BuilderListSource;
  private readonly now: () => number;
  private names?: ReadonlySet<string>;
  /** A much shorter list, and since when it has been there. */
  private doubted?: { builders: number; since: number };
  private seenAt = -Infinity;
  private triedAt = -Infinity;
  private failure?: string;
  private looking?: Promise<void>;
  private timer?: NodeJS.Timeout;

  constructor(private readonly options: BuilderListOptions) {
    this.now = options.now ?? (() => Date.now() / 1000);
    this.source = options.url ? builderListSource(options.url) : undefined;
  }

  /** Begins to look at the list, now and then every `refresh` seconds. Waits for nothing. */
  onApplicationBootstrap(): void {
    if (!this.source) return;
    void this.look();
    this.timer = setInterval(() => void this.look(), this.options.refresh * 1000);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * How a name stands against the list. Answers at once for a known name, once the list has been loaded.
   *
   * @throws Unavailable when the list was never loaded, or is too old to say that a builder does not exist
   */
  async knows(buildername: string): Promise<BuilderKnown> {
    if (!this.source) return 'unchecked';
    if (this.names?.has(buildername)) return 'known';
    // Looks while one is under way, or soon after, are the same look.
    if (this.looking || this.now() - this.triedAt >= this.pause) await this.look();
    if (!this.names) throw new Unavailable(SYSTEM, `the builder list was never loaded: ${this.failure}`);
    if (this.names.has(buildername)) return 'known';
    if (this.isStale) throw new Unavailable(SYSTEM, `the builder list is out of date: ${this.failure}`);
    return 'unknown';
  }

  /** Looks at the list; failures are remembered, not thrown. */
  look(): Promise<void> {
    this.looking ??= this.looked().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /** What is wrong with the list; undefined when nothing is. Asks nothing. */
  async problem(): Promise<string | undefined> {
    if (!this.source || this.failure === undefined) return undefined;
    return this.names
      ? `using an outdated builder list: ${this.failure}`
      : `no builder list: ${this.failure}`;
  }

  private get pause(): number {
    return Math.min(MIN_PAUSE, this.options.refresh);
  }

  private get isStale(): boolean {
    return this.now() - this.seenAt > 2 * this.options.refresh;
  }

  private async looked(): Promise<void> {
    this.triedAt = this.now();
    try {
      const text = await this.source!.read(this.options.timeout);
      if (text !== undefined) this.accept(text);
      if (this.failure !== undefined) this.logger.log('the builder list can be read again');
      this.failure = undefined;
      this.seenAt = this.now();
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

  /** A sudden loss of most builders is believed once it has lasted from one regular look to the next. */
  private isNews(builders: number): boolean {
    if (this.doubted?.builders !== builders) this.doubted = { builders, since: this.now() };
    return this.now() - this.doubted.since < this.options.refresh;
  }
}
