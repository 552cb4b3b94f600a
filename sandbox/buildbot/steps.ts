import type { JsonValue } from '@bbb/rules';
import type { Build } from './build.js';
import type { BuildResult } from './plan.js';

const NAMES = ['set build property', 'run_script', 'reboot'] as const;

const WORDS: Record<BuildResult, string[]> = {
  0: ['build', 'successful'],
  1: ['warnings', 'run_script'],
  2: ['failed', 'run_script'],
  3: ['skipped'],
  4: ['exception', 'run_script'],
  5: ['retry', 'exception', 'slave', 'lost'],
  6: ['cancelled', 'run_script'],
};

/** How Buildbot puts a result into words; a stopped build says so between the result and the step. */
export function textOf(build: Build): string[] {
  const words = WORDS[build.results];
  return build.stopped ? [words[0]!, 'Interrupted', 'run_script'] : words;
}

/** The steps before any of them has run. */
export function stepsAtStart(): JsonValue[] {
  return NAMES.map((name, index) => step(name, index, [], [[null, []], []], [null, null]));
}

/** The steps of a build that has ended; the reboot is skipped, after the build's end is told. */
export function stepsAtEnd(build: Build, withReboot: boolean): JsonValue[] {
  const { startedAt, endedAt } = build;
  // A step knows neither SKIPPED nor CANCELLED.
  const script = build.results === 3 || build.results === 6 ? 2 : build.results;
  const steps = [
    step(NAMES[0], 0, [NAMES[0]], [0, []], [startedAt, startedAt]),
    step(NAMES[1], 1, textOf(build), [script, []], [startedAt, endedAt]),
    step(NAMES[2], 2, ['reboot', 'skipped'], [3, []], [endedAt, endedAt]),
  ];
  return withReboot ? steps : steps.slice(0, 2);
}

function step(
  name: string,
  number: number,
  text: string[],
  results: JsonValue[],
  times: [number | null, number | null],
): JsonValue {
  return {
    name,
    step_number: number,
    text,
    results,
    isStarted: times[0] !== null,
    isFinished: times[1] !== null,
    statistics: {},
    times,
    expectations: [],
    eta: null,
    urls: {},
  };
}
