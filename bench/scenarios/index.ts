import { finishedBuilds, pending, startedBuilds } from './bursts.js';
import { ceiling } from './ceiling.js';
import { cold } from './cold.js';
import { floodFinished, floodPending } from './floods.js';
import { hundredThousand, passDue, passDuePermanent, passIdle } from './passes.js';
import { looks } from './looks.js';
import { masterLoad } from './master-load.js';
import { finishedByPass, startedByPass } from './modern.js';
import type { Scenario } from './scenario.js';
import { soak } from './soak.js';
import { start } from './starts.js';
import { wholeTasks } from './whole-tasks.js';

/** Everything there is to measure, by name. */
export const SCENARIOS: Record<string, Scenario> = {
  pending,
  started: startedBuilds,
  finished: finishedBuilds,
  tasks: wholeTasks,
  cold,
  'pass-due': passDue,
  'pass-due-permanent': passDuePermanent,
  'pass-idle': passIdle,
  start,
  'flood-pending': floodPending,
  'flood-finished': floodFinished,
  'hundred-thousand': hundredThousand,
  looks,
  soak,
  ceiling,
};

/** The same with a modern Buildbot, which sends no messages: the reflector sees what has started and ended. */
export const MODERN_SCENARIOS: Record<string, Scenario> = {
  pending,
  started: startedByPass,
  finished: finishedByPass,
  'pass-due': passDue,
  'pass-idle': passIdle,
  'master-load': masterLoad,
};

/** What takes minutes or less, and is measured unless something else is asked for. */
export const USUAL = {
  legacy: ['pending', 'started', 'finished', 'pass-due', 'pass-due-permanent', 'pass-idle', 'start'],
  modern: ['pending', 'started', 'finished', 'pass-due', 'pass-idle'],
};
