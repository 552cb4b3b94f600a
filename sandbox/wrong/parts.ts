import type { Scenario } from '../mix.js';
import type { SeenTask } from '../seen.js';
import type { Ends, Part, WrongSystem } from './fault.js';

/** Before the fault, while it lasts, and after it. */
export type Phase = 'right' | 'wrong' | 'healed';

/** More than `reflector.missing_limit`, so that their absence is a mass absence. */
const TASKS: Readonly<Record<Part, number>> = {
  'goes on': 10,
  waits: 6,
  'ends meanwhile': 2,
  'cancelled meanwhile': 2,
  'created meanwhile': 3,
};

const USUAL_ENDS: Readonly<Record<Part, Ends>> = {
  'goes on': { taskcluster: 'completed', buildbot: 'SUCCESS' },
  waits: { taskcluster: 'exception (canceled)', buildbot: 'cancelled before start' },
  'ends meanwhile': { taskcluster: 'completed', buildbot: 'SUCCESS' },
  'cancelled meanwhile': { taskcluster: 'exception (canceled)', buildbot: 'CANCELLED' },
  'created meanwhile': { taskcluster: 'completed', buildbot: 'SUCCESS' },
};

const isRunning = ({ taskState }: SeenTask) => taskState === 'running';
const isWaiting = ({ requests }: SeenTask) => requests.some(({ complete }) => !complete);

/** The tasks of the play: the roles that they have while something is wrong. */
export function partsOf(wrong: WrongSystem, phase: () => Phase): Map<Part, Scenario> {
  const during = (when: Phase) => () => phase() === when;
  const part = (name: Part, rest: Partial<Scenario>): [Part, Scenario] => [
    name,
    { name, ...USUAL_ENDS[name], ...wrong.ends?.[name], ...rest },
  ];
  const finishing = (when: Phase): Scenario['user'] => [
    {
      when: (seen) => phase() === when && isRunning(seen) && isWaiting(seen),
      act: (sandbox, { requests }) => sandbox.finishBuild(requests[0]!.buildRequestId),
    },
  ];
  const parts = [
    part('goes on', { plan: () => ({ hold: true }), user: finishing('healed') }),
    part('waits', {
      builder: 'Linux x86-64 oak idle',
      user: [
        {
          when: (seen) => phase() === 'healed' && isWaiting(seen),
          act: (sandbox, { taskId }) => sandbox.taskcluster.cancel(taskId),
        },
      ],
    }),
    part('cancelled meanwhile', {
      plan: () => ({ hold: true }),
      user: [{ when: during('wrong'), act: (sandbox, { taskId }) => sandbox.taskcluster.cancel(taskId) }],
    }),
    part('created meanwhile', { mayBegin: during('wrong'), plan: () => ({ duration: 0.5 }) }),
  ];
  if (!wrong.stopsBuildbot)
    parts.splice(2, 0, part('ends meanwhile', { plan: () => ({ hold: true }), user: finishing('wrong') }));
  return new Map(parts);
}

/** Those that are created before come first. */
export function groupsOf(parts: ReadonlyMap<Part, Scenario>): Scenario[][] {
  return [...parts].flatMap(([name, scenario]) => Array.from({ length: TASKS[name] }, () => [scenario]));
}
