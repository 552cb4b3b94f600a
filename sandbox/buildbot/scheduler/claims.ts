import type { Statements } from './connection.js';

/** Who claims: a master by its `<hostname>:<basedir>`, and one run of its process. */
export interface MasterIdentity {
  name: string;
  incarnation: string;
}

/** A claim that its master does not reclaim for this many seconds is nobody's any more. */
export const CLAIM_LIFETIME = 3600;

/** How a master of one schema finds, claims and gives up requests. Times are epoch seconds. */
export interface Claims {
  /** Ids of the requests this master may take now, in its order. */
  unclaimed(
    statements: Statements,
    buildername: string,
    master: MasterIdentity,
    now: number,
  ): Promise<{ id: number }[]>;
  /** Takes requests. Schema 6 takes them from whoever has them; schema 24 throws when one is taken. */
  claim(statements: Statements, brids: readonly number[], master: MasterIdentity, now: number): Promise<void>;
  reclaim(
    statements: Statements,
    brids: readonly number[],
    master: MasterIdentity,
    now: number,
  ): Promise<void>;
  /** Gives requests back, as after a RETRY or with a dead worker. */
  unclaim(statements: Statements, brids: readonly number[]): Promise<void>;
  /** Ends requests after their build. */
  complete(statements: Statements, brids: readonly number[], results: number, now: number): Promise<void>;
  /**
   * Ends a request that somebody cancelled on Buildbot's own web page.
   * @returns false when it was not there to be cancelled
   */
  cancel(statements: Statements, brid: number, master: MasterIdentity, now: number): Promise<boolean>;
  /** Removes claims that were not reclaimed; schema 6 has no need to. */
  expire(statements: Statements, now: number): Promise<void>;
}
