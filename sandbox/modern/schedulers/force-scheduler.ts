import type { Property } from '../database/rows.js';
import type { MasterProcess } from '../master/process.js';
import { RemoteError } from './errors.js';

const SOURCE = 'Force Build Form';

/**
 * The stock ForceScheduler: what is not declared is dropped without a word, and the first of a list is taken.
 *
 * @throws RemoteError when no builder of the scheduler is named
 */
export function forceThroughForm(
  process: MasterProcess,
  owner: string,
  params: Readonly<Record<string, unknown>>,
): [number, Record<string, number>] {
  const { database, configuration } = process.context;
  const { name, properties: declared } = configuration.forceScheduler!;
  const names = configuration.builders.map((builder) => builder.name);
  // A text is taken for a list of its letters.
  const wanted = params.builderNames === undefined ? names : [...(params.builderNames as Iterable<string>)];
  const builders = names.filter((one) => wanted.includes(one));
  if (builders.length === 0) throw new RemoteError("KeyError('builderNames is empty')");
  const text = (parameter: string, otherwise: string): string => {
    const value = params[parameter];
    return String((Array.isArray(value) ? value[0] : value) ?? otherwise);
  };
  const reason = text('reason', 'force build');
  const properties: [string, Property][] = [
    ...Object.entries(declared).map(([one, value]): [string, Property] => [one, [text(one, value), SOURCE]]),
    ['owner', [owner, SOURCE]],
    ['reason', [reason, SOURCE]],
    ['scheduler', [name, 'Scheduler']],
  ];
  return process.requests.add({
    ...{ builderIds: builders.map((one) => database.builderNamed(one).builderid), externalId: null, reason },
    ...{ properties: new Map(properties), priority: Number(params.priority ?? 0) },
    sourcestamp: {
      ...{ branch: text('branch', ''), revision: text('revision', ''), repository: text('repository', '') },
      project: text('project', ''),
    },
  });
}
