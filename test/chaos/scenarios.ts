import { BUILDERS, SCENARIOS, type Scenario } from '../../sandbox/mix.js';
import type { BuilderSetting, BuildPlan, PlannedRequest } from '../../sandbox/buildbot/index.js';

/** What users may do to a task of {@link WHIMS}, at any moment. */
export const WHIM_KINDS = ['cancel task', 'rerun task', 'cancel in Buildbot'] as const;
export type WhimKind = (typeof WHIM_KINDS)[number];

/** A task whose users change their minds at random. Its right end follows from what they did; see the audit. */
export const WHIMS: Scenario = {
  name: 'whims of users',
  plan: planOfWhims,
  taskcluster: 'any',
  buildbot: 'any',
};

/** Lasts half a second to four, and ends in any result; depends on the request only. */
function planOfWhims({ brid, attempt }: PlannedRequest): BuildPlan {
  const results = ([0, 0, 1, 2, 4, 5] as const)[(brid * 7) % 6]!;
  return {
    duration: 0.5 + ((brid * 13) % 36) / 10,
    // Every RETRY has an end.
    results: results === 5 && attempt > 1 ? 0 : results,
    claimWindow: (brid % 3) * 0.3,
    finishWindow: (brid % 4) * 0.2,
  };
}

/** The mix, and whims. */
export const CHAOS_SCENARIOS: readonly Scenario[] = [...SCENARIOS, WHIMS];

/** Builds that are held until a cancellation arrives must not use up the workers while an outage lasts. */
export const CHAOS_BUILDERS: readonly BuilderSetting[] = BUILDERS.map((builder) =>
  builder.workers ? builder : { ...builder, workers: Array.from({ length: 16 }, (_, n) => `bld-chaos-${n}`) },
);

/** Both sides in words, freed of what faults may add to any history. */
export interface Ends {
  taskcluster: readonly string[];
  buildbot: readonly string[];
}

/**
 * Runs that a fault may add before the one that counts: a claim that expired while everything was away, and the
 * worker-shutdown by which a run ends whose build was lost with its master. A RETRY is one of them: when the run was
 * not claimed before the RETRY, no run has to end for it.
 */
export function withoutRetries(taskcluster: string): string {
  return taskcluster
    .split(', ')
    .filter(
      (run, index, runs) => index === runs.length - 1 || !/\((claim-expired|worker-shutdown)\)/.test(run),
    )
    .join(', ');
}

/** A killed master builds a request again. */
export function withoutRebuilds(buildbot: string): string {
  return buildbot.replace(/ after \d+ builds/g, '');
}

/** The ends of a scenario that are right in spite of faults; everything else is wrong. */
export function rightEnds({ name, taskcluster, buildbot }: Scenario): Ends {
  const ends = { taskcluster: [withoutRetries(taskcluster)], buildbot: [withoutRebuilds(buildbot)] };
  switch (name) {
    case 'deadline passed':
      // An outage may outlast the deadline: then no request is made any more.
      return { ...ends, buildbot: [...ends.buildbot, 'no request'] };
    case 'cancelled in Taskcluster during the build':
      // Between two builds of a killed master Self Serve marks the open request as failed, as before a start.
      return { ...ends, buildbot: [...ends.buildbot, 'FAILURE'] };
    default:
      return ends;
  }
}
