import { openBroker } from '../../sandbox/broker.js';
import { Sandbox, type SandboxOptions } from '../../sandbox/sandbox.js';
import { createDatabase, type DatabaseKind } from './databases.js';
import type { Undo } from './undo.js';

/** A sandbox with a folder and databases of its own, schema 6 and a broker in this process unless told otherwise. */
export async function openSandbox(
  undo: Undo,
  kind: DatabaseKind,
  options: Partial<SandboxOptions> = {},
): Promise<Sandbox> {
  const databases = [await createDatabase(kind), await createDatabase(kind)] as const;
  undo.push(() => Promise.all(databases.map((database) => database.drop())));
  const sandbox = await Sandbox.start({
    folder: await undo.makeFolder(),
    ...{ schedulerDb: databases[0].url, bridgeDb: databases[1].url },
    broker: openBroker(undefined),
    ...{ seed: 1, schema: 6, ...options },
  });
  undo.push(() => sandbox.stop());
  return sandbox;
}
