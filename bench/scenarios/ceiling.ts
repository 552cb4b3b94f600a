import type { Figures } from '../figures.js';
import type { BurstKind } from '../systems/null-bridge-commands.js';
import { createLogUploaded, createStarted, createTaskPending } from '../systems/messages.js';
import type { BuiltTask } from '../systems/farm.js';
import type { Scenario } from './scenario.js';

const KINDS: readonly BurstKind[] = ['pending', 'started', 'finished'];

const MESSAGES = { pending: createTaskPending, started: createStarted, finished: createLogUploaded };

/** Events a second that everything but the bridge carries: a null bridge has their effects and does nothing else. */
export const ceiling: Scenario = async (stage, { events }) => {
  const figures: Figures = {};
  for (const kind of KINDS) {
    const claimed = kind === 'finished' ? { claimedAgo: 0 } : {};
    const made = await stage.taskcluster.ask({ ask: 'create', count: events, ...claimed });
    const tasks = made.map((task, index): BuiltTask => ({ ...task, id: index + 1 }));
    const nullBridge = await stage.startNullBridge(kind);
    const begun = performance.now();
    await Promise.all(tasks.map((task) => stage.publish(MESSAGES[kind](task))));
    await nullBridge.ask({ ask: 'handled', count: events });
    figures[`${kind} events/s`] = events / ((performance.now() - begun) / 1000);
    nullBridge.stop();
  }
  return figures;
};
