import {
  type BuildRef,
  type Facts,
  type Observation,
  type RequestKey,
  type RequestSnapshot,
  type RequestState,
  type TaskQueue,
  type TaskStatus,
  type TaskStore,
  type TrackedTask,
  Unavailable,
} from '@bbb/rules';
import { FOREIGN_ANSWER } from './gate.js';
import { type Act, RULES, type Rules } from '@bbb/reconciler';
import type { Mutant } from './mutant.js';

/** Ways in which a bridge could be wrong, each as small as possible. A model that lets one pass proves too little. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'creates without a lock': { noLock: true },
  'never reclaims': decides((facts, right) => (right === 'reclaim' ? 'wait' : right)),
  'never cancels in Buildbot': decides((facts, right) => (right === 'cancel-request' ? 'wait' : right)),
  'cancels in Buildbot once and forgets': acts({
    'cancel-request': async (situation, context) => {
      const next = await RULES.acts['cancel-request'](situation, context);
      if (situation.row) await context.store.forget(situation.row);
      return next;
    },
  }),
  'does not tell Taskcluster of a cancellation in Buildbot': decides((facts, right) =>
    right === 'cancel-task' ? 'wait' : right,
  ),
  'never looks for missed runs': {
    parts: (right) => ({
      ...right,
      missed: inert(right.missed, {
        reconcilePending: () => Promise.resolve(),
        reconcileListed: () => Promise.resolve(),
      }),
    }),
  },
  'never looks for orphans': {
    parts: (right) => ({ ...right, orphans: inert(right.orphans, { run: () => Promise.resolve() }) }),
  },
  'never looks at tracked tasks': {
    parts: (right) => ({ ...right, tracked: inert(right.tracked, { run: () => Promise.resolve() }) }),
  },
  'reads the state of the run before the last': withQueue((right) => ({
    readStatuses: async (taskIds: readonly string[]) => {
      const found = await right.readStatuses(taskIds);
      return new Map(
        [...found].map(([taskId, status]) => [
          taskId,
          status instanceof Error ? status : withoutLast(status),
        ]),
      );
    },
    readStatus: async (taskId: string) => {
      const status = await right.readStatus(taskId);
      return status && withoutLast(status);
    },
  })),
  'takes a RETRY message of any build for the current one': {
    rules: {
      ...RULES,
      factsOf: (seen, settings, now) => {
        const facts = RULES.factsOf(seen, settings, now);
        const retried = seen.event?.kind === 'finished' && seen.event.results === 5;
        return retried && facts.request === 'building' ? { ...facts, request: 'requeued' } : facts;
      },
    },
  },
  'forgets the task as soon as its run has ended': decides((facts, right) =>
    facts.run === 'ended' && right === 'cancel-request' ? 'forget' : right,
  ),
  'forgets the task when a claim has expired': decides((facts, right) =>
    right === 'rerun' ? 'forget' : right,
  ),
  'swaps success and failure': acts({
    resolve: (situation, context) => {
      const { request } = situation;
      if (request?.state.at !== 'finished') return RULES.acts.resolve(situation, context);
      const results = request.state.results === 0 ? 2 : 0;
      const turned: RequestSnapshot = { ...request, state: { ...request.state, results } };
      return RULES.acts.resolve({ ...situation, request: turned }, context);
    },
  }),
  'believes the message more than the database': acts({
    resolve: (situation, context) => {
      const { request, event } = situation;
      if (request?.state.at !== 'finished' || event?.kind !== 'finished')
        return RULES.acts.resolve(situation, context);
      const state = { ...request.state, results: event.results };
      return RULES.acts.resolve({ ...situation, request: { ...request, state } }, context);
    },
  }),
  'never follows a newer run': { rules: { ...RULES, catchUp: () => undefined } },
  'takes a user’s rerun for its own work': decides((facts) => RULES.decide({ ...facts, superseded: false })),
  'cancels tasks on facts of a batch': withQueue((right) => {
    const last = new Map<string, TaskStatus>();
    return {
      readStatuses: async (taskIds: readonly string[]) => {
        const found = await right.readStatuses(taskIds);
        for (const [taskId, status] of found) if (!(status instanceof Error)) last.set(taskId, status);
        return found;
      },
      readStatus: async (taskId: string) => last.get(taskId) ?? right.readStatus(taskId),
    };
  }),
  'never resolves without the message': {
    kind: 'legacy',
    ...acts({
      resolve: async (situation, context) =>
        situation.event ? RULES.acts.resolve(situation, context) : { then: 'done' },
    }),
  },
  'loses parked messages': {
    messages: (right) => inert(right, { park: () => Promise.resolve() }),
  },
  'acknowledges before the work is done': acts({
    resolve: async (situation, context) => {
      if (situation.event) return { then: 'done' };
      return RULES.acts.resolve(situation, context);
    },
  }),
  'creates without asking whether the request is still wanted': {
    buildbot: (right) =>
      inert(right, {
        create: (spec: Parameters<typeof right.create>[0]) => right.create(spec, () => Promise.resolve(true)),
      }),
  },
  'gives up a creation without looking for the request': {
    buildbot: (right) =>
      inert(right, {
        withdraw: async (_key: RequestKey, forget: () => Promise<void>) => void (await forget()),
      }),
  },
  'gives up a task when Taskcluster refuses a claim or a reclaim': acts({
    claim: forgetWhenRefused('claim'),
    reclaim: forgetWhenRefused('reclaim'),
  }),
  'stops a build that others share': decides((facts, right) =>
    right === 'wait' && facts.shared ? RULES.decide({ ...facts, shared: false }) : right,
  ),
  'builds rejected payloads': acts({
    'create-request': async (situation, context) => {
      const payload = { buildername: 'any', sourcestamp: {}, properties: { product: 'example' } };
      const definition = situation.definition ?? (await context.queue.readDefinition(situation.taskId));
      return RULES.acts['create-request'](
        { ...situation, definition: definition && { ...definition, payload } },
        context,
      );
    },
  }),
  'does not ask whose request an id names': { rules: { ...RULES, isRequestOf: () => true } },
  'cancels a duplicate of what its row was before': {
    rowsOfOrphans: (right) => {
      const stale = new Map<string, TrackedTask>();
      return inert(right, {
        track: async (task: Parameters<TaskStore['track']>[0]) => {
          const tracked = await right.track(task);
          stale.set(task.taskId, tracked.task);
          return tracked;
        },
        get: async (taskId: string) => stale.get(taskId),
      });
    },
  },
  'acts on missing tasks however many they are': decides((facts) =>
    RULES.decide({ ...facts, absenceDoubted: false }),
  ),
  'takes a collapsed request for a finished one': {
    kind: 'modern',
    ...withStates((state) =>
      state.at === 'dropped' && !state.build
        ? { at: 'finished', build: { buildId: 1, number: 1 }, results: 0, completeAt: 0 }
        : state,
    ),
  },
  'takes a planned shutdown for a user’s cancellation': {
    kind: 'modern',
    ...withStates((state) =>
      state.at === 'dropped' && state.build
        ? { at: 'finished', build: state.build, results: 6, completeAt: 0 }
        : state,
    ),
  },
  'forgets a request that its master has lost': {
    kind: 'modern',
    ...decides((facts, right) => (facts.request === 'stuck' ? 'forget' : right)),
  },
  'gives up a creation without a tombstone': {
    kind: 'modern',
    buildbot: (right) =>
      inert(right, {
        withdraw: async (key: RequestKey, forget: () => Promise<void>) => {
          const found = await right.find(key);
          if (found === undefined) await forget();
          return found;
        },
      }),
  },
  'attaches the number and properties of the build before': {
    kind: 'modern',
    buildbot: (right) =>
      inert(right, {
        readOutcome: ({ buildId, number }: BuildRef) => right.readOutcome({ buildId: buildId - 1, number }),
      }),
  },
  'stops builds whose number is another’s by now': { kind: 'legacy', trustsNumbers: true },
  'takes the end message of any build for that of the last one': {
    kind: 'legacy',
    rules: {
      ...RULES,
      factsOf: (seen, settings, now) => RULES.factsOf(withLastNumber(seen), settings, now),
      acts: {
        ...RULES.acts,
        resolve: (situation, context) => RULES.acts.resolve(withLastNumber(situation), context),
      },
    },
  },
  'keeps the turn of a pass that failed': {
    turns: (right) => inert(right, { giveBack: () => Promise.resolve() }),
  },
  'believes an absence that lacks Taskcluster’s signature': withQueue((right) => ({
    readStatus: (taskId: string) => right.readStatus(taskId).catch(believing(undefined)),
    readStatuses: (taskIds: readonly string[]) =>
      right.readStatuses(taskIds).catch(believing(new Map<string, TaskStatus>())),
  })),
  'judges claims by its own clock': withQueue(() => ({ readClockOffset: () => 0 })),
};

/** Takes somebody else's answer for what it says. */
function believing<T>(answer: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Unavailable && error.message.includes(FOREIGN_ANSWER)) return answer;
    throw error;
  };
}

function withStates(wrong: (right: RequestState) => RequestState): Mutant {
  return {
    buildbot: (right) =>
      inert(right, {
        readSnapshots: async (ids: readonly number[]) => {
          const found = [...(await right.readSnapshots(ids))];
          return new Map(
            found.map(([id, each]) => [
              id,
              each instanceof Error ? each : { ...each, state: wrong(each.state) },
            ]),
          );
        },
        readSnapshot: async (id: number) => {
          const found = await right.readSnapshot(id);
          return found && { ...found, state: wrong(found.state) };
        },
      }),
  };
}

function withLastNumber<Seen extends Observation>(seen: Seen): Seen {
  const { event, request } = seen;
  if (event?.kind !== 'finished' || event.results === 5 || request?.state.at !== 'finished') return seen;
  return { ...seen, event: { ...event, buildNumber: request.state.build.number } };
}

function forgetWhenRefused(verdict: 'claim' | 'reclaim'): Act {
  return async (situation, context) => {
    try {
      return await RULES.acts[verdict](situation, context);
    } catch (error) {
      if (situation.row) await context.store.forget(situation.row);
      throw error;
    }
  };
}

function decides(
  wrong: (facts: Facts, right: ReturnType<Rules['decide']>) => ReturnType<Rules['decide']>,
): Mutant {
  return { rules: { ...RULES, decide: (facts) => wrong(facts, RULES.decide(facts)) } };
}

function acts(wrong: Partial<Record<keyof Rules['acts'], Act>>): Mutant {
  return { rules: { ...RULES, acts: { ...RULES.acts, ...wrong } } };
}

function withQueue(wrong: (right: TaskQueue) => Partial<TaskQueue>): Mutant {
  return { queue: (right) => inert(right, wrong(right)) };
}

/** The right one, with some of its methods replaced. */
function inert<T extends object>(right: T, wrong: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(right, {
    get(target, name) {
      const method = wrong[name as keyof T] ?? Reflect.get(target, name);
      return typeof method === 'function' ? (method.bind(target) as unknown) : method;
    },
  });
}

function withoutLast(status: TaskStatus): TaskStatus {
  if (status.runs.length < 2) return status;
  const runs = status.runs.slice(0, -1);
  return { ...status, runs, state: runs.at(-1)?.state ?? 'unscheduled' };
}
