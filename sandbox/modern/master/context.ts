import type { MasterConfiguration, MasterTimes } from '../configuration.js';
import type { ModernDatabase } from '../database/database.js';
import type { Agenda } from './agenda.js';
import type { Locks } from './locks.js';
import type { WorkerSlot } from './worker.js';

/** What the parts of one master process share. */
export interface MasterContext {
  readonly database: ModernDatabase;
  readonly agenda: Agenda;
  readonly locks: Locks;
  readonly times: MasterTimes;
  /** `major * 100 + minor` of Buildbot's version. */
  readonly version: number;
  readonly masterid: number;
  /** By name. */
  readonly workers: ReadonlyMap<string, WorkerSlot>;
  /** Replaced by a reconfiguration. */
  configuration: MasterConfiguration;
}

/** @returns `major * 100 + minor` of a version such as 3.7.0 */
export function parseVersion(text: string): number {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return major * 100 + minor;
}

/** The first version that has priorities. */
export const HAS_PRIORITIES = 309;

/** The first version in which the cancellation of a request that is being taken has an effect. */
export const CANCELS_WHILE_TAKEN = 400;
