import { InstanceStoreSql } from '@bbb/bridge-db';
import type { Instance } from '@bbb/rules';
import type { OperationSystems } from './systems.js';

/** Seconds without a report after which an instance counts as silent: three reports. */
export const SILENT_AFTER = 90;

/** An instance and how it is: well, unwell (a health check fails), or silent (it does not report itself any more). */
export interface ListedInstance extends Instance {
  health: 'well' | 'unwell' | 'silent';
}

/**
 * Lists the processes of the services. One that was killed is silent first, and leaves the list after a day.
 *
 * @throws Unavailable when the bridge database cannot be read
 */
export async function listInstances({
  db,
  clock,
}: Pick<OperationSystems, 'db' | 'clock'>): Promise<ListedInstance[]> {
  const instances = await new InstanceStoreSql(db).list();
  const now = clock.now();
  return instances.map((instance) => ({ ...instance, health: healthOf(instance, now) }));
}

function healthOf({ seenAt, problems }: Instance, now: number): ListedInstance['health'] {
  if (now - seenAt > SILENT_AFTER) return 'silent';
  return problems.length > 0 ? 'unwell' : 'well';
}
