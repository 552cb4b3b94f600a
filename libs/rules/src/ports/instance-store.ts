/** One running process of a service, as it last reported itself. Times are epoch seconds. */
export interface Instance {
  /** Unique for each start of a process. */
  id: string;
  service: string;
  host: string;
  pid: number;
  version: string;
  startedAt: number;
  /** When it last reported itself. */
  seenAt: number;
  /** End of the last pass that it made; null where it makes none. */
  lastPassAt: number | null;
  /** When it last handled a message; null before the first. */
  lastMessageAt: number | null;
  /** Reasons of failed health checks; empty while all pass. */
  problems: readonly string[];
}

/** The instances that report themselves. Methods throw {@link Unavailable}. */
export abstract class InstanceStore {
  abstract report(instance: Instance): Promise<void>;

  /** Removes an instance that stops. */
  abstract remove(id: string): Promise<void>;

  /** Removes instances that have not reported themselves since then (epoch seconds). */
  abstract removeSilentSince(time: number): Promise<void>;

  /** By service, then host. */
  abstract list(): Promise<Instance[]>;
}
