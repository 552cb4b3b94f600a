import type { WorkerRow } from '../database/rows.js';
import type { MasterContext } from './context.js';
import type { WorkerSlot } from './worker.js';

export function workerRow(
  { database: { workers } }: MasterContext,
  { process: { name } }: WorkerSlot,
): WorkerRow {
  const [known] = workers.of('name', name);
  return (
    known ?? workers.insert({ name, paused: false, graceful: false, connected_to: [], configured_on: [] })
  );
}

/** Writes down whether a worker is connected and what it may build; a pause is kept over a restart of the master. */
export function describeWorker(context: MasterContext, slot: WorkerSlot): void {
  const { database, masterid, configuration } = context;
  const row = workerRow(context, slot);
  slot.isPaused = row.paused;
  row.connected_to = slot.process.isRunning ? [{ masterid }] : [];
  row.configured_on = configuration.builders
    .filter(({ workers }) => workers.includes(slot.process.name))
    .map(({ name }) => ({ masterid, builderid: database.builderNamed(name).builderid }));
}
