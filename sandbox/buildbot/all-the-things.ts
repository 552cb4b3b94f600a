import { createHash } from 'node:crypto';
import type { JsonValue } from '@bbb/rules';
import type { BuilderSetting } from './plan.js';

/** The builder list in the form of Mozilla's allthethings.json. */
export function allTheThings(
  builders: readonly BuilderSetting[],
  master = 'sandbox-build1',
): Record<string, JsonValue> {
  const pools = new Map(builders.map((builder) => [builder, poolOf(builder)]));
  return {
    builders: Object.fromEntries(
      builders.map((builder) => [
        builder.name,
        {
          properties: { ...builder.properties },
          shortname: builder.shortname,
          slavebuilddir: builder.shortname,
          slavepool: pools.get(builder)!,
        },
      ]),
    ),
    schedulers: {},
    master_builders: { [master]: builders.map(({ name }) => name) },
    slavepools: Object.fromEntries(
      builders.map((builder) => [pools.get(builder)!, [...(builder.workers ?? [])]]),
    ),
  };
}

/** A pool is known by a hash of its workers' names. */
function poolOf({ workers = [] }: BuilderSetting): string {
  return createHash('sha1').update(workers.join(',')).digest('hex');
}
