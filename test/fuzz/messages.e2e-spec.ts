import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReconcilerHarness } from '../../libs/reconciler/src/testing/reconciler-harness.js';
import { createRequestRows } from '../../libs/scheduler-db/src/requests/request-rows.js';
import { loadAsMaster } from '../support/master-loader.js';
import { followCampaign, planCampaign } from '../support/campaign.js';
import { Stretches } from './stretches.js';
import { Tally } from './tally.js';
import { Listeners } from './listeners.js';
import { BUILD_NUMBER, deliveries, type Delivery } from './messages.js';

const SCHEMA = { version: 6, claims: 'columns', sourcestamps: 'single', codebase: false } as const;

/** Where the task stands when the message comes. */
const STATES = {
  pending: async () => undefined,
  created: async (harness) => void (await harness.reconcile()),
  building: async (harness) => void (await harness.building()),
  running: async (harness) => void (await harness.running()),
  finishing: async (harness) => {
    await harness.running();
    harness.endBuild();
  },
  finished: async (harness) => {
    await harness.running();
    harness.complete(2);
  },
  requeued: async (harness) => {
    await harness.running();
    harness.requeue();
  },
  cancelled: async (harness) => {
    await harness.running();
    harness.cancelTask();
  },
} satisfies Record<string, (harness: ReconcilerHarness) => Promise<void>>;

/** Another task, whose request the id may name after a restore. */
const OTHER = 'AAAAAAAAQAGAAAAAAAAAAA';

type Harness = ReconcilerHarness;

/** What may have happened to the databases when the message comes. */
const ACCIDENTS = {
  none: () => undefined,
  'id of another task': ({ farm }: Harness) => {
    for (const request of farm.requests.values()) request.spec = { ...request.spec, taskId: OTHER };
  },
  'scheduler database restored': ({ farm }: Harness) => farm.requests.clear(),
  'bridge database restored to before': ({ rows }: Harness) => rows.clear(),
  'bridge database restored to the creation': ({ rows, row }: Harness) => {
    if (row) rows.set(row.taskId, { ...row, buildRequestId: null, buildId: null, takenUntil: null });
  },
} satisfies Record<string, (harness: Harness) => void>;

/** What a message can be kept for, as operators read it. */
const ERRORS: Record<string, RegExp> = {
  'over the limit': /^body of \d+ bytes is over the limit/,
  'too many values': /^body of \d+ bytes has more than \d+ values/,
  'not JSON': /^body of \d+ bytes is not JSON$/,
  'not a task message': /^not a task message: /,
  'not a build message': /^not a build message: /,
  'no request ids': /^log_uploaded without usable request_ids/,
  'too many items': /more than \d+ items/,
  'ahead of the database': /^build (?:started|finished) but /,
};

const cases = fc.record({
  state: fc.constantFrom(...(Object.keys(STATES) as (keyof typeof STATES)[])),
  accident: fc.oneof(
    { weight: 6, arbitrary: fc.constant('none' as const) },
    { weight: 4, arbitrary: fc.constantFrom(...(Object.keys(ACCIDENTS) as (keyof typeof ACCIDENTS)[])) },
  ),
  messages: fc.array(deliveries, { minLength: 1, maxLength: 3 }),
});

describe('any message', () => {
  const { runs: numRuns, seed, timeout } = planCampaign({ usual: 400, full: 4_000, each: 10 });
  const follow = followCampaign('cases of messages', numRuns);

  it(
    'is handled, kept for later or put aside, whatever it says and whenever it comes',
    async () => {
      const outcomes = new Tally(['acked', 'parked', 'quarantined']);
      const errors = new Tally(Object.keys(ERRORS));
      const effects = new Tally(['insert', 'claim', 'report-failed', 'attach', 'cancel-build']);
      const accidents = new Tally(Object.keys(ACCIDENTS));
      const stretches = new Stretches();
      let done = 0;
      await fc.assert(
        fc.asyncProperty(cases, async ({ state, accident, messages }) => {
          follow(done++);
          const harness = new ReconcilerHarness();
          await STATES[state](harness);
          ACCIDENTS[accident](harness);
          const others = [...harness.farm.requests.values()].filter(({ spec }) => spec.taskId === OTHER);
          const stood = others.map(({ complete, claimedBy }) => ({ complete, claimedBy }));
          accidents.add(accident);
          const listeners = new Listeners(harness);
          for (const message of messages) {
            harness.forgetCalls();
            const before = listeners.kept.kept.size;
            const delivery = addressed(message, harness);
            const { outcome, error } = await stretches.watch(() => listeners.hear(delivery));
            outcomes.add(outcome);
            for (const name of harness.effects) effects.add(name);
            expect(['acked', 'parked', 'quarantined']).toContain(outcome);
            const isKept = outcome !== 'acked';
            expect(listeners.kept.kept.size - before).toBe(isKept ? 1 : 0);
            if (isKept) {
              const kinds = Object.entries(ERRORS).filter(([, expression]) => expression.test(error));
              expect({ error, kinds }).toEqual({ error, kinds: expect.arrayContaining([expect.anything()]) });
              for (const [kind] of kinds) errors.add(kind);
            }
            // Nothing is done, and nobody asked, about a message that nobody can read.
            if (outcome === 'quarantined') expect(harness.gate.calls).toEqual([]);
          }
          // Nobody else's request is touched.
          expect(others).toMatchObject(stood);
          if (others.length > 0) expect(harness.cancellations).toEqual([]);
          expect(Object.keys(Object.prototype)).toEqual([]);
          expect(harness.watch.violations).toEqual([]);
          expect(harness.rows.size).toBeLessThanOrEqual(1);
          for (const { spec } of harness.farm.requests.values()) {
            const { buildset, properties } = createRequestRows(spec, SCHEMA);
            const { reason, external_idstring: externalId } = buildset;
            loadAsMaster({ ...spec, properties, reason: String(reason), externalId: String(externalId) });
          }
        }),
        { numRuns, seed },
      );
      outcomes.print(`${numRuns} cases of messages, seed ${seed}`);
      errors.print('reasons for which messages were kept');
      effects.print('what they brought about');
      stretches.print('messages');
      expect([...outcomes.missing, ...errors.missing, ...effects.missing, ...accidents.missing]).toEqual([]);
    },
    timeout,
  );
});

/** The message with the number of the newest build, where it names one. */
function addressed({ subscription, body }: Delivery, { farm }: ReconcilerHarness): Delivery {
  const newest = [...farm.requests.values()].at(-1)?.builds.at(-1)?.number ?? 1;
  const text = body.toString('latin1').replaceAll(BUILD_NUMBER, String(newest));
  return { subscription, body: Buffer.from(text, 'latin1') };
}
