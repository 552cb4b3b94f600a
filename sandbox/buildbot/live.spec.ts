import { afterEach, expect, it } from '@jest/globals';
import { DATABASE_KINDS, isUsable } from '../../test/support/databases.js';
import { describeEach } from '../../test/support/servers.js';
import type { MasterSimulator } from './master.js';
import { Bench, LINUX, submitTask, TASKS } from './testing/bench.js';

let bench: Bench;
afterEach(() => bench.close());

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const CASES = DATABASE_KINDS.map((kind) => [kind, kind === 'mysql' ? 6 : 24] as const);

describeEach(CASES, isUsable)('two masters at once on %s with schema %i', (kind, schema) => {
  it('build every request, while others write to the same database', async () => {
    bench = await Bench.open(kind, schema);
    const builders = [{ ...LINUX, merge: false }];
    const masters: MasterSimulator[] = [];
    for (const name of ['bm73:/master', 'bm74:/master']) {
      masters.push(
        await bench.master({ name, builders, plan: ({ attempt }) => ({ results: attempt ? 0 : 5 }) }),
      );
    }
    for (const master of masters) master.run(1);
    const brids = await Promise.all(
      Array.from({ length: 20 }, (_, index) => submitTask(masters[index % 2]!, TASKS[0])),
    );
    await waitUntil(async () => {
      bench.clock.advance(0.1);
      return (await bench.rows('SELECT id FROM buildrequests WHERE complete = 0')).length === 0;
    });
    for (const master of masters) await master.halt();
    for (const brid of brids) {
      expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 0 });
      expect((await bench.builds(brid)).length).toBeGreaterThanOrEqual(2);
    }
  });
});
