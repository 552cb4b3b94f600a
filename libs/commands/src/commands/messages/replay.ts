import { setTimeout as pause } from 'node:timers/promises';
import { Option } from 'commander';
import { KeptMessages } from '@bbb/bridge-db';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandContext, CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED, UsageError } from '../../exit-codes.js';
import { jsonOption, type JsonOptions } from '../json-option.js';
import {
  describeSelection,
  idsArgument,
  selectionOptions,
  type SelectionOptions,
  selectMessages,
} from './message-selection.js';
import { describeOutcome, followReplay, type ReplayOutcome } from './replay-outcome.js';

interface ReplayOptions extends SelectionOptions, JsonOptions {
  wait?: number;
}

/** Seconds between checks of the queued messages. */
const LOOK_INTERVAL = 0.5;

export const replay: CommandDefinition<ReplayOptions> = {
  name: 'replay',
  summary: 'Retry kept messages now',
  details:
    'The service of the subscription retries them at its next check for due messages (parking.interval). ' +
    'With --wait the command waits for the outcome and prints it.',
  arguments: [idsArgument],
  options: [
    ...selectionOptions,
    new Option('--wait <SECONDS>', 'wait this long for the outcome').argParser(parseSeconds),
    jsonOption,
  ],
  examples: [
    'messages replay 17',
    'messages replay 17 --wait 60',
    'messages replay --all --state quarantined --subscription task-pending',
  ],
  async run(context, options, args) {
    const selection = selectMessages(options, args);
    return withBridgeDb(context, async (db) => {
      const kept = new KeptMessages(db);
      const { changed, missing } = await kept.replay(selection);
      if (!options.json) {
        if (options.all)
          context.output.printLine(
            `queued ${describeSelection(changed.length, selection)} for immediate retry`,
          );
        else for (const id of changed) context.output.printLine(`message ${id} queued for immediate retry`);
        for (const id of missing) context.output.printNote(`no message ${id}`);
      }
      const outcomes = options.wait === undefined ? undefined : await follow(kept, changed, options.wait);
      printOutcomes(context, options, { changed, missing, outcomes });
      const failed = outcomes?.some(({ outcome }) => outcome !== 'handled') ?? false;
      return missing.length > 0 || failed ? EXIT_FAILED : EXIT_DONE;
    });
  },
};

function follow(kept: KeptMessages, ids: readonly number[], seconds: number): Promise<ReplayOutcome[]> {
  const end = performance.now() + seconds * 1000;
  return followReplay(
    ids,
    (wanted) => kept.list({ ids: [...wanted] }),
    async () => {
      if (performance.now() >= end) return false;
      await pause(LOOK_INTERVAL * 1000);
      return true;
    },
  );
}

function printOutcomes(
  { output }: CommandContext,
  { json }: ReplayOptions,
  result: { changed: number[]; missing: number[]; outcomes: ReplayOutcome[] | undefined },
): void {
  const { changed: queued, missing, outcomes } = result;
  if (json) return output.printJson({ queued, missing, ...(outcomes ? { outcomes } : {}) });
  for (const outcome of outcomes ?? []) output.printLine(describeOutcome(outcome));
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new UsageError(`--wait takes a number of seconds, not: ${text}`);
  return seconds;
}
