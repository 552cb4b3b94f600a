import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Buildbot, RequestSpec, BuildRef, RequestSnapshot } from '@bbb/rules';
import { createRequestSpec } from '../../libs/rules/src/testing/observations.js';

/** What a master does to requests; every step has its effect before it resolves. */
export interface MasterSide {
  /** Takes a request without starting its build yet. */
  claim(buildRequestId: number): Promise<void>;
  /** Takes a request, unless it has it, and starts a build. */
  start(buildRequestId: number): Promise<BuildRef>;
  /** The newest build has ended; what follows for the request is still to come. */
  end(buildRequestId: number): Promise<void>;
  /** The newest build ends, and completes the request. */
  finish(buildRequestId: number, results: number): Promise<void>;
  /** The newest build ends in RETRY: the request is open again. */
  retry(buildRequestId: number): Promise<void>;
  /** Dies without a trace in the midst of a build, comes back and builds again. */
  crashAndRestart(buildRequestId: number): Promise<BuildRef>;
  /** Dies in the midst of a build and stays away; after this, others may take the request. */
  crash(buildRequestId: number): Promise<void>;
  /** Takes a request, finds that its build cannot begin, and gives it back. */
  giveBack(buildRequestId: number): Promise<void>;
  /** Somebody cancels a request of which no build runs, on the master's own page. */
  cancel(buildRequestId: number): Promise<void>;
  /** The request vanishes, as after the loss of a database. */
  remove(buildRequestId: number): Promise<void>;
  /** The requests that a master may take now. */
  free(): Promise<number[]>;
}

/** One empty Buildbot installation. */
export interface BuildbotHarness {
  /** Another adapter to it, as another process of the bridge has. */
  connect(): Buildbot;
  master: MasterSide;
  /** What the cancel API was asked for so far. */
  cancellations(): ({ buildId: number } | { buildRequestId: number })[];
  /** Until now nothing has come of those; now it does. */
  settleCancellations(): Promise<void>;
  builders: { known: string; unknown: string };
  /** Whether Buildbot itself says when a request was made, by its own clock. */
  setsTimes?: boolean;
  dispose(): Promise<void>;
}

export interface ContractOptions {
  /** Whether a key has one request even when several processes act at once; a stock ForceScheduler does not promise it. */
  isExact?: boolean;
  /** Only how requests are created, found and withdrawn, and not what becomes of them. */
  isShort?: boolean;
}

const AT = 1494586000;

const wanted = async () => true;

/** With the time that another database takes, so that others come in between if they can. */
const slowly =
  <T>(work: () => Promise<T>) =>
  async () => {
    const result = await work();
    await sleep(5);
    return result;
  };

/** What every implementation of the Buildbot port does, whatever Buildbot is behind it. */
export function describeBuildbotContract(
  name: string,
  makeHarness: () => Promise<BuildbotHarness>,
  { isExact = true, isShort = false }: ContractOptions = {},
): void {
  const itIfExact: (...test: Parameters<typeof it>) => void = isExact ? it : () => undefined;
  const describeBuilds = (title: string, body: () => void) => (isShort ? undefined : describe(title, body));
  describe(`Buildbot: ${name}`, () => {
    let harness: BuildbotHarness;
    let buildbot: Buildbot;

    beforeEach(async () => {
      harness = await makeHarness();
      buildbot = harness.connect();
    });

    afterEach(() => harness.dispose());

    const order = (changes: Partial<RequestSpec> = {}) =>
      createRequestSpec({
        buildername: harness.builders.known,
        revision: 'cd5fab20f6bd128847ef8131c9aeed63cde019fc',
        ...changes,
      });
    const create = async (changes?: Partial<RequestSpec>): Promise<number> => {
      const id = await buildbot.create(order(changes), wanted);
      if (id === undefined) throw new Error('nothing was created');
      return id;
    };
    const snapshot = async (buildRequestId: number): Promise<RequestSnapshot> => {
      const found = await buildbot.readSnapshot(buildRequestId);
      if (!found) throw new Error(`no request ${buildRequestId}`);
      return found;
    };

    describe('create', () => {
      it('makes a request that a master takes', async () => {
        const id = await create();
        expect(await harness.master.free()).toEqual([id]);
        expect(await snapshot(id)).toEqual({
          buildRequestId: id,
          key: { taskId: order().taskId, createdForRunId: 0 },
          buildername: harness.builders.known,
          state: { at: 'waiting' },
        });
      });

      itIfExact('makes one for each key, however many ask and how often', async () => {
        const askers = [buildbot, harness.connect(), harness.connect()];
        const ids = await Promise.all(
          [...askers, ...askers].map((asker) => asker.create(order(), slowly(wanted))),
        );
        expect(new Set(ids).size).toBe(1);
        expect(await buildbot.create(order(), wanted)).toBe(ids[0]);
        expect(await harness.master.free()).toEqual([ids[0]]);
      });

      it('finds it though it is built or complete', async () => {
        const id = await create();
        await harness.master.start(id);
        expect(await create()).toBe(id);
        await harness.master.finish(id, 0);
        expect(await create()).toBe(id);
      });

      it('makes another one for another run, also of the same second', async () => {
        const ids = [
          await create(),
          await create({ createdForRunId: 1 }),
          await create({ createdForRunId: 2, scheduledAt: AT + 1 }),
          await create({ taskId: 'AAAAAAAAAAAAAAAAAAAAAA' }),
        ];
        expect(new Set(ids).size).toBe(4);
        expect(await buildbot.find(order({ createdForRunId: 1 }))).toBe(ids[1]);
      });

      it('writes nothing when the order is not wanted any more, and does not ask when it exists', async () => {
        expect(await buildbot.create(order(), async () => false)).toBeUndefined();
        expect(await harness.master.free()).toEqual([]);
        const id = await create();
        expect(await buildbot.create(order(), () => Promise.reject(new Error('asked')))).toBe(id);
      });

      it('passes on what the question threw, and can be repeated', async () => {
        await expect(buildbot.create(order(), () => Promise.reject(new Error('away')))).rejects.toThrow(
          'away',
        );
        expect(await harness.master.free()).toEqual([]);
        expect(await create()).toEqual(expect.any(Number));
      });
    });

    describe('find and withdraw', () => {
      it('find nothing at first', async () => {
        expect(await buildbot.find(order())).toBeUndefined();
        let forgotten = 0;
        const forget = async () => void forgotten++;
        expect(await buildbot.withdraw(order(), forget)).toBeUndefined();
        expect(forgotten).toBe(1);
      });

      it('find the request, and then forget nothing', async () => {
        const id = await create();
        expect(await buildbot.find(order())).toBe(id);
        expect(await buildbot.withdraw(order(), () => Promise.reject(new Error('forgotten')))).toBe(id);
      });

      it('passes on what forgetting threw', async () => {
        const failing = buildbot.withdraw(order(), () => Promise.reject(new Error('away')));
        await expect(failing).rejects.toThrow('away');
        expect(await create()).toEqual(expect.any(Number));
      });

      itIfExact('never both forgets and lets a request be made', async () => {
        const others = [harness.connect(), harness.connect()];
        for (let round = 0; round < 10; round++) {
          const mine = order({ scheduledAt: AT + round, createdForRunId: round });
          let tracked = true;
          const forget = async () => {
            tracked = false;
          };
          const creating = () =>
            others[0]!.create(
              mine,
              slowly(async () => tracked),
            );
          const withdrawing = () => others[1]!.withdraw(mine, slowly(forget));
          const [first, second] = round % 2 ? [creating, withdrawing] : [withdrawing, creating];
          const ids = await Promise.all([first(), second()]);
          expect(ids[0]).toBe(ids[1]);
          expect(ids[0] !== undefined).toBe(tracked);
          expect(await buildbot.find(mine)).toBe(ids[0]);
        }
      });
    });

    describeBuilds('snapshots', () => {
      type Steps = (master: MasterSide, id: number) => Promise<unknown>;
      const histories: [string, Steps, Partial<RequestSnapshot['state']>][] = [
        ['a new request', async () => undefined, { at: 'waiting' }],
        ['a claimed one', (master, id) => master.claim(id), { at: 'waiting' }],
        ['a running build', (master, id) => master.start(id), { at: 'building' }],
        [
          'a build that has just ended',
          async (master, id) => {
            await master.start(id);
            await master.end(id);
          },
          { at: 'finishing' },
        ],
        [
          'RETRY',
          async (master, id) => {
            await master.start(id);
            await master.retry(id);
          },
          { at: 'requeued' },
        ],
        [
          'one given back by the master that took it over',
          async (master, id) => {
            await master.start(id);
            await master.crash(id);
            await master.giveBack(id);
          },
          { at: 'requeued' },
        ],
        ['a cancelled request', (master, id) => master.cancel(id), { at: 'cancelled' }],
        [
          'one cancelled after RETRY',
          async (master, id) => {
            await master.start(id);
            await master.retry(id);
            await master.cancel(id);
          },
          { at: 'cancelled' },
        ],
        ...[0, 1, 2, 4, 6].map((results): [string, Steps, Partial<RequestSnapshot['state']>] => [
          `results ${results}`,
          async (master, id) => {
            await master.start(id);
            await master.finish(id, results);
          },
          { at: 'finished', results },
        ]),
      ];

      it.each(histories)('show %s', async (_, steps, state) => {
        const id = await create();
        await steps(harness.master, id);
        expect((await snapshot(id)).state).toMatchObject(state);
      });

      it('name the newest build after a RETRY', async () => {
        const id = await create();
        const first = await harness.master.start(id);
        expect((await snapshot(id)).state).toEqual({ at: 'building', build: first });
        await harness.master.retry(id);
        expect((await snapshot(id)).state).toEqual({ at: 'requeued', build: first });
        const second = await harness.master.start(id);
        expect(second.buildId).not.toBe(first.buildId);
        expect((await snapshot(id)).state).toEqual({ at: 'building', build: second });
        await harness.master.finish(id, 0);
        expect((await snapshot(id)).state).toMatchObject({ at: 'finished', build: second, results: 0 });
        expect((await snapshot(id)).state).toHaveProperty('completeAt', expect.any(Number));
      });

      it('see past the build that a crash left behind', async () => {
        const id = await create();
        const first = await harness.master.start(id);
        const second = await harness.master.crashAndRestart(id);
        expect(second.buildId).not.toBe(first.buildId);
        expect((await snapshot(id)).state).toEqual({ at: 'building', build: second });
        await harness.master.finish(id, 2);
        expect((await snapshot(id)).state).toMatchObject({ at: 'finished', build: second, results: 2 });
      });

      it('show one given back before its build as one that waits', async () => {
        const id = await create();
        await harness.master.giveBack(id);
        expect(await harness.master.free()).toEqual([id]);
        expect((await snapshot(id)).state).toEqual({ at: 'waiting' });
      });

      it('show the build of a dead master until another one builds', async () => {
        const id = await create();
        const build = await harness.master.start(id);
        await harness.master.crash(id);
        expect(await harness.master.free()).toEqual([id]);
        // Whether the claim has gone, too, or is only too old to be heeded, is each Buildbot's own affair.
        expect([
          { at: 'building', build },
          { at: 'requeued', build },
        ]).toContainEqual((await snapshot(id)).state);
        const second = await harness.master.start(id);
        expect(second.buildId).not.toBe(build.buildId);
        expect((await snapshot(id)).state).toEqual({ at: 'building', build: second });
      });

      it('leave out what is not there', async () => {
        const [kept, removed] = [await create(), await create({ createdForRunId: 1 })];
        await harness.master.remove(removed);
        expect([...(await buildbot.readSnapshots([removed, kept])).keys()]).toEqual([kept]);
        expect(await buildbot.readSnapshots([])).toEqual(new Map());
      });
    });

    describe('markedOpenRequests', () => {
      it('lists open requests by ascending id, in pages', async () => {
        const ids: number[] = [];
        for (const run of [0, 1, 2, 3]) ids.push(await create({ createdForRunId: run }));
        await harness.master.start(ids[1]!);
        await harness.master.cancel(ids[2]!);
        const before = ids[0]! - 1;
        const createdAt = harness.setsTimes ? expect.any(Number) : AT;
        const first = await buildbot.listMarkedOpenRequests(before, 2);
        expect(first).toEqual([
          { buildRequestId: ids[0], taskId: order().taskId, createdAt, createdForRunId: 0 },
          { buildRequestId: ids[1], taskId: order().taskId, createdAt, createdForRunId: 1 },
        ]);
        expect(await buildbot.listMarkedOpenRequests(ids[1]!, 2)).toMatchObject([{ buildRequestId: ids[3] }]);
        expect(await buildbot.listMarkedOpenRequests(ids[3]!, 2)).toEqual([]);
      });
    });

    describeBuilds('cancel', () => {
      it('takes back a waiting request', async () => {
        const id = await create();
        await buildbot.cancel(await snapshot(id));
        expect(harness.cancellations()).toEqual([{ buildRequestId: id }]);
        await harness.settleCancellations();
        expect((await snapshot(id)).state.at).toBe('cancelled');
      });

      it('takes back a request after a RETRY', async () => {
        const id = await create();
        await harness.master.start(id);
        await harness.master.retry(id);
        await buildbot.cancel(await snapshot(id));
        await harness.settleCancellations();
        expect((await snapshot(id)).state.at).toBe('cancelled');
        expect(await harness.master.free()).toEqual([]);
      });

      it('stops the newest build, whatever the snapshot says', async () => {
        const id = await create();
        await harness.master.start(id);
        const old = await snapshot(id);
        await harness.master.retry(id);
        const { buildId } = await harness.master.start(id);
        await buildbot.cancel(old);
        expect(harness.cancellations()).toEqual([{ buildId }]);
        await harness.settleCancellations();
        expect(['cancelled', 'finished']).toContain((await snapshot(id)).state.at);
      });

      it('can be repeated', async () => {
        const id = await create();
        const old = await snapshot(id);
        await buildbot.cancel(old);
        await buildbot.cancel(old);
        await harness.settleCancellations();
        await buildbot.cancel(old);
        expect((await snapshot(id)).state.at).toBe('cancelled');
      });

      it.each([
        [
          'a build has just ended',
          async (master: MasterSide, id: number) => {
            await master.start(id);
            await master.end(id);
          },
        ],
        [
          'it is finished',
          async (master: MasterSide, id: number) => {
            await master.start(id);
            await master.finish(id, 0);
          },
        ],
        ['it is cancelled', (master: MasterSide, id: number) => master.cancel(id)],
        ['it is gone', (master: MasterSide, id: number) => master.remove(id)],
      ])('asks for nothing when %s', async (_, steps) => {
        const id = await create();
        const old = await snapshot(id);
        await steps(harness.master, id);
        await buildbot.cancel(old);
        expect(harness.cancellations()).toEqual([]);
      });
    });

    it('tells the place of a request among those of its builder', async () => {
      const ids: number[] = [];
      for (const run of [0, 1, 2]) ids.push(await create({ createdForRunId: run }));
      const readPlaces = () =>
        Promise.all(ids.map(async (id) => buildbot.readPlace(await snapshot(id)))).then((places) =>
          places.map(({ ahead, building }) => ({ ahead, building })),
        );
      expect(await readPlaces()).toEqual([0, 1, 2].map((ahead) => ({ ahead, building: 0 })));
      await harness.master.start(ids[1]!);
      const [first, , last] = await readPlaces();
      expect([first, last]).toEqual([0, 1].map((ahead) => ({ ahead, building: 1 })));
      expect(await buildbot.readPlace(await snapshot(ids[2]!))).toMatchObject({
        url: expect.stringMatching(new RegExp(`/(build)?requests?/${ids[2]}$`)),
        submittedAt: harness.setsTimes ? expect.any(Number) : AT,
        // Only a modern Buildbot tells its workers.
        workers: harness.setsTimes ? expect.any(Number) : null,
      });
    });

    it('knows its builders', async () => {
      expect(await buildbot.knows(harness.builders.known)).toBe('known');
      expect(await buildbot.knows(harness.builders.unknown)).toBe('unknown');
    });
  });
}
