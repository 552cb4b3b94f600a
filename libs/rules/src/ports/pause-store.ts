/** An operator's order to create no build requests for some builders. */
export interface Pause {
  /** Matches the names of the builders as in Python's `re.match`; `.*` for all. */
  builders: string;
  reason: string;
  /** Epoch seconds. */
  since: number;
  /** Who paused: account and host. */
  by: string;
}

/** Pauses, shared by all instances. Methods throw {@link Unavailable}. */
export abstract class PauseStore {
  /** Oldest first. */
  abstract list(): Promise<Pause[]>;

  /** Adds a pause, or replaces the one of the same builders. */
  abstract add(pause: Pause): Promise<void>;

  /**
   * Ends pauses.
   *
   * @param builders of the pause; undefined for all pauses
   * @returns those that were ended
   */
  abstract remove(builders?: string): Promise<Pause[]>;
}
