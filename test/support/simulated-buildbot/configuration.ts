import type {
  BuilderConfiguration,
  MasterConfiguration,
  RequestToBuild,
  StepPlan,
} from '../../../sandbox/modern/index.js';
import type { MasterSettings } from '../real-buildbot/real-master.js';

/** A shell command that waits as long as the property `seconds` says, a minute by default. */
const waits =
  (more: Partial<StepPlan> = {}) =>
  ({ properties }: RequestToBuild): StepPlan[] => [
    { name: 'wait', output: 'HOME=/srv\n', duration: Number(properties.get('seconds')?.[0] ?? 60), ...more },
  ];

const ends =
  (results: number, more: Partial<StepPlan> = {}) =>
  (): StepPlan[] => [{ name: 'end', results, ...more }];

const says = ({ properties }: RequestToBuild): StepPlan[] => [
  {
    name: 'say',
    output: `PATH=/usr/bin\nhello ${(properties.get('taskId')?.[0] as string | undefined) ?? 'nobody'}\n`,
  },
  { name: 'SetProperty', properties: { product: 'a build' } },
];

/** What stands in test/support/real-buildbot/master.cfg, for a simulated master. */
export function testConfiguration(
  steered: { isBuildable(id: number): boolean },
  { renamed = {}, withoutMain = false, ...settings }: MasterSettings = {},
): MasterConfiguration {
  const main = withoutMain ? 'spare' : 'main';
  const { workersOfMoving = [main] } = settings;
  const builder = (
    name: string,
    steps: BuilderConfiguration['steps'],
    more: Partial<BuilderConfiguration> = {},
  ): BuilderConfiguration => ({
    ...{ name: renamed[name] ?? name, workers: [main], collapseRequests: false, steps },
    ...more,
  });
  return {
    builders: [
      builder('good', says),
      builder('warn', ends(1, { warnOnWarnings: true })),
      builder('quiet_warn', ends(1)),
      builder('bad', () => [{ name: 'compile', output: 'PATH=/usr/bin\nno\n', results: 2 }]),
      builder('retry', ({ attempt }) => [{ name: 'end', results: attempt < 2 ? 5 : 0 }]),
      builder('slow', waits()),
      builder('steered', () => [{ name: 'steered', hold: true, warnOnWarnings: true }], {
        isBuildable: (id) => steered.isBuildable(id),
      }),
      builder('merging', waits(), { collapseRequests: true }),
      builder('numbers', () => [
        { name: 'numbers', properties: { not_a_number: NaN, endless: Infinity, large: 2n ** 60n + 1n } },
      ]),
      builder('locked', waits(), { lock: 'lock' }),
      builder('locked_too', waits(), { lock: 'lock' }),
      builder('locked_step', waits({ lock: 'lock' })),
      builder('parent', () => [{ name: 'trigger', triggers: 'child' }]),
      builder('child', waits()),
      builder('unserved', ends(0), { workers: ['never'] }),
      builder('choosy', ends(0), { isBuildable: () => false }),
      builder('exception', ends(4), { workers: ['spare'] }),
      builder('beside_exception', ends(0), { workers: ['spare'] }),
      builder('moving', waits(), { workers: workersOfMoving }),
    ],
    workers: [
      ...(withoutMain ? [] : [{ name: 'main', maxBuilds: 20 }]),
      { name: 'never', maxBuilds: 20 },
      { name: 'spare', maxBuilds: 20 },
    ],
    bridgeSchedulers: ['bridge', 'bridge_two'],
    forceScheduler: { name: 'force', properties: { taskId: '', seconds: '60' } },
  };
}
