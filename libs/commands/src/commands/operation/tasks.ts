import { setTimeout as pause } from 'node:timers/promises';
import { Option } from 'commander';
import {
  formatDuration,
  parseDuration,
  type ListedTask,
  listTasks,
  type OperationSystems,
  type TaskQuery,
} from '@bbb/operation';
import { WAITS, type WaitFor } from '@bbb/rules';
import type { CommandContext, CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED, UsageError } from '../../exit-codes.js';
import { withSystems } from '../../operation-systems.js';

import { toPlainLine } from '../../output/plain-line.js';
import type { Column } from '../../output/table.js';
import { jsonOption, type JsonOptions } from '../json-option.js';

interface TasksOptions extends JsonOptions {
  waitingFor?: WaitFor;
  claimsBelow?: number;
  builder?: string;
  sort: 'claim' | 'age' | 'task';
  limit: number;
  watch?: boolean;
}

/** Seconds between two lists of --watch. */
const WATCH_INTERVAL = 5;

/** Tasks that are read together and printed as one table. */
const PRINTED_TOGETHER = 500;

const CLEAR_SCREEN = '\u001b[2J\u001b[H';

export const tasks: CommandDefinition<TasksOptions> = {
  name: 'tasks',
  summary: 'List the tracked tasks and what each waits for',
  details:
    'The most urgent claim comes first. Works before the database of the Python bridge is migrated. ' +
    'Ends with 1 when a side could not be read.',
  options: [
    new Option('--waiting-for <WHAT>', 'only tasks that wait for this').choices(WAITS),
    new Option('--claims-below <TIME>', 'only claims with less time left, for example 90s or 5m').argParser(
      parseTime,
    ),
    new Option('--builder <RE>', 'only builders that match this regular expression from the start'),
    new Option('--sort <BY>', 'order').choices(['claim', 'age', 'task']).default('claim'),
    new Option('--limit <NUMBER>', 'maximum number of tasks').argParser(parseLimit).default(1000),
    new Option('--watch', 'list again every 5 seconds, until interrupted'),
    jsonOption,
  ],
  examples: [
    'tasks',
    'tasks --waiting-for worker --builder "^Linux"',
    'tasks --claims-below 5m --watch',
    'tasks --limit 100000 --json',
  ],
  async run(context, options) {
    return withSystems(context, async (systems) => {
      for (;;) {
        if (options.watch && context.host.stdout.isTTY) context.host.stdout.write(CLEAR_SCREEN);
        const code = await printOnce(context, systems, options);
        if (!options.watch) return code;
        await pause(WATCH_INTERVAL * 1000);
      }
    });
  },
};

async function printOnce(
  { output }: CommandContext,
  systems: OperationSystems,
  { waitingFor, claimsBelow, builder, sort, limit, json }: TasksOptions,
): Promise<number> {
  const now = systems.clock.now();
  const query: Omit<TaskQuery, 'limit' | 'cursor'> = {
    sort,
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(builder === undefined ? {} : { builders: builder }),
    ...(claimsBelow === undefined ? {} : { filter: { claimedUntilBefore: now + claimsBelow } }),
  };
  const problems = new Set<string>();
  const listed: ListedTask[] = [];
  let count = 0;
  let next: string | undefined;
  do {
    const page = await listTasks(systems, {
      ...query,
      limit: Math.min(PRINTED_TOGETHER, limit - count),
      ...(next === undefined ? {} : { cursor: next }),
    });
    for (const problem of page.problems) problems.add(problem);
    if (json) listed.push(...page.tasks);
    else if (page.tasks.length > 0) output.printTable(columnsAt(now), page.tasks);
    count += page.tasks.length;
    ({ next } = page);
  } while (next !== undefined && count < limit);
  if (json) output.printJson({ tasks: listed, isComplete: next === undefined, problems: [...problems] });
  else
    output.printLine(
      `${count === 1 ? '1 task' : `${count} tasks`}${next === undefined ? '' : '; more follow (--limit)'}`,
    );
  if (!json) for (const problem of problems) output.printNote(`not read: ${toPlainLine(problem)}`);
  return problems.size > 0 ? EXIT_FAILED : EXIT_DONE;
}

function columnsAt(now: number): readonly Column<ListedTask>[] {
  return [
    { title: 'task', text: ({ row }) => toPlainLine(row.taskId) },
    { title: 'run', text: ({ row }) => String(row.runId) },
    { title: 'request', text: ({ row }) => (row.buildRequestId === null ? '-' : String(row.buildRequestId)) },
    {
      title: 'claim',
      text: ({ row }) => (row.takenUntil === null ? '-' : timeLeft(row.takenUntil - now)),
      colour: ({ row }) => (row.takenUntil !== null && row.takenUntil - now < 60 ? 'red' : undefined),
    },
    { title: 'waits for', text: ({ wait }) => wait?.for ?? '?' },
    { title: 'verdict', text: ({ verdict }) => verdict ?? '?' },
    { title: 'builder', text: ({ buildername }) => toPlainLine(buildername ?? '-', 60) },
    { title: 'why', text: ({ cause, problem }) => toPlainLine(cause ?? problem ?? '', 100) },
  ];
}

function timeLeft(seconds: number): string {
  return seconds < 0 ? 'expired' : formatDuration(seconds);
}

function parseTime(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw new UsageError(`--claims-below takes a time such as 90s or 5m, not: ${text}`);
  return seconds;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new UsageError(`--limit takes a whole number above 0, not: ${text}`);
  return limit;
}
