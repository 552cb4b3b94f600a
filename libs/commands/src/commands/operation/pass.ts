import { Option } from 'commander';
import { type PlannedTask, planPass } from '@bbb/operation';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED, UsageError } from '../../exit-codes.js';
import { withSystems } from '../../operation-systems.js';
import { toPlainLine } from '../../output/plain-line.js';
import type { Column } from '../../output/table.js';
import { jsonOption, type JsonOptions } from '../json-option.js';

interface PassOptions extends JsonOptions {
  dryRun?: boolean;
  all?: boolean;
}

/** Tasks that are printed as one table. */
const PRINTED_TOGETHER = 500;

/** Verdicts that act on nothing. */
const IDLE = new Set(['wait', 'ignore']);

const COLUMNS: readonly Column<PlannedTask>[] = [
  { title: 'step', text: ({ step }) => step },
  { title: 'task', text: ({ taskId }) => toPlainLine(taskId) },
  { title: 'run', text: ({ runId }) => (runId === null ? '-' : String(runId)) },
  { title: 'request', text: ({ buildRequestId: id }) => (id === null ? '-' : String(id)) },
  {
    title: 'verdict',
    text: ({ verdict }) => verdict ?? '?',
    colour: ({ verdict }) => (verdict ? undefined : 'red'),
  },
  { title: 'reason', text: ({ reason }) => toPlainLine(reason, 200) },
];

export const pass: CommandDefinition<PassOptions> = {
  name: 'pass',
  summary: 'Show what a pass of the reflector would do',
  details:
    'Reads all tracked tasks, the pending and claimed runs of the task queue and the open build requests, and decides for ' +
    'each what a pass would do first. Acts on nothing; works before the database of the Python bridge is migrated. ' +
    'A pass that acts is made by the reflector. Ends with 1 when something could not be decided.',
  options: [
    new Option('--dry-run', 'act on nothing (required)'),
    new Option('--all', 'list also tasks for which nothing would be done'),
    jsonOption,
  ],
  examples: ['pass --dry-run', 'pass --dry-run --all --json'],
  async run(context, { dryRun, all, json }) {
    if (!dryRun)
      throw new UsageError('missing option: --dry-run (a pass that acts is made by the reflector)');
    return withSystems(context, async (systems) => {
      const counts: Record<string, number> = {};
      const listed: PlannedTask[] = [];
      const print = () => {
        if (listed.length > 0 && !json) context.output.printTable(COLUMNS, listed.splice(0));
      };
      for await (const task of planPass(systems)) {
        const outcome = task.verdict ?? 'undecided';
        counts[outcome] = (counts[outcome] ?? 0) + 1;
        if (all || !IDLE.has(outcome)) listed.push(task);
        if (listed.length >= PRINTED_TOGETHER) print();
      }
      print();
      if (json) context.output.printJson({ verdicts: counts, tasks: listed });
      else context.output.printLine(summarise(counts));
      return counts.undecided === undefined ? EXIT_DONE : EXIT_FAILED;
    });
  },
};

function summarise(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  return parts.length === 0 ? 'no tasks' : parts.join(', ');
}
