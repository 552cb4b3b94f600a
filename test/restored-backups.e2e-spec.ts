import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { pickShare } from './support/campaign.js';
import { RestorableBridge, type Side } from './support/restorable-bridge.js';

Logger.overrideLogger(false);

/** The steps of a task's life, each with what brings it about. A backup is taken before and after each. */
const STEPS = {
  nothing: async () => undefined,
  'row written': async (bridge, taskId) =>
    void (await bridge.store.track({ taskId, runId: 0, createdDate: null })),
  'request created': async (bridge) => bridge.minute(),
  'build started': async (bridge) => {
    bridge.clock.advance(60);
    await bridge.master.step();
  },
  claimed: async (bridge) => bridge.minute(),
  'build finished': async (bridge) => {
    const own = (await bridge.requests()).find(({ reason }) => reason.startsWith('Created by BBB'));
    bridge.master.finishBuild(own!.id, 0);
    await bridge.master.step();
    bridge.clock.advance(3);
    await bridge.master.step();
  },
  resolved: async (bridge) => bridge.minutes(11),
} satisfies Record<string, (bridge: RestorableBridge, taskId: string) => Promise<void>>;

type Step = keyof typeof STEPS;
const NAMES = Object.keys(STEPS) as Step[];

/** A restore of one database, at one step of a task's life, to its state after an earlier step. */
const RESTORES = (['scheduler', 'bridge'] as const).flatMap((side) =>
  NAMES.flatMap((now, at) => NAMES.slice(0, at).map((then): [Side, Step, Step] => [side, now, then])),
);

/** Minutes after which whatever can come right has come right; the grace for what is missing is ten. */
const PATIENCE = 30;

/** The same where masters hold claims in a table: those of a build that died with its master last an hour. */
const PATIENCE_WITH_CLAIMS = 100;

describe.each([6, 24] as const)('a database of schema %i that is restored', (schema) => {
  it.each(pickShare(RESTORES, 5))('%s, after "%s" to "%s", harms nobody', async (side, now, then) => {
    const bridge = await RestorableBridge.open(schema);
    try {
      const taskId = bridge.createTask();
      const backups = new Map<Step, string>();
      for (const name of NAMES.slice(0, NAMES.indexOf(now) + 1)) {
        await STEPS[name](bridge, taskId);
        backups.set(name, await bridge.backUp());
      }
      await bridge.restore(side, backups.get(then)!);
      // Others' requests get the ids that were given out before.
      const nightlies = [await bridge.createNightly(), await bridge.createNightly('e'.repeat(40))];
      const other = bridge.createTask();
      const patience = side === 'scheduler' && schema === 24 ? PATIENCE_WITH_CLAIMS : PATIENCE;
      for (let minute = 0; minute < patience; minute++) {
        await bridge.minute();
        // The others' builds fail, so that their results cannot be taken for the task's.
        for (const id of nightlies) if (minute === 12) bridge.master.finishBuild(id, 2);
        await finishOwn(bridge, minute);
      }

      const requests = await bridge.requests();
      for (const id of nightlies)
        expect(requests.find((each) => each.id === id)).toMatchObject({ complete: 1, results: 2 });
      expect(bridge.cancelled.filter(({ brid }) => nightlies.includes(brid ?? -1))).toEqual([]);
      const { state, runs } = bridge.taskcluster.state.status(taskId);
      const { reasonResolved } = runs.at(-1)!;
      // Its build was a success: there is no other result, but it may be lost.
      expect(['completed', 'exception internal-error']).toContain(
        state === 'exception' ? `exception ${reasonResolved}` : state,
      );
      expect(bridge.taskcluster.state.status(other).state).toBe('completed');
      const open = requests.filter(({ complete }) => !complete).map(({ reason }) => reason);
      expect(open).toEqual([]);
      expect(await bridge.store.get(taskId)).toBeUndefined();
    } finally {
      await bridge.close();
    }
  });
});

/** Tasks' builds end in success when they have run for a while. */
async function finishOwn(bridge: RestorableBridge, minute: number): Promise<void> {
  if (minute % 6 !== 5) return;
  for (const { id, complete, reason } of await bridge.requests())
    if (!complete && reason.startsWith('Created by BBB')) bridge.master.finishBuild(id, 0);
}
