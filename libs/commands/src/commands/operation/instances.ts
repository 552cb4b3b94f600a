import { formatDuration, type ListedInstance, listInstances } from '@bbb/operation';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED } from '../../exit-codes.js';

import { formatInstant, toPlainLine } from '../../output/plain-line.js';
import type { Column } from '../../output/table.js';
import { jsonOption, type JsonOptions } from '../json-option.js';

const COLOURS = { well: 'green', unwell: 'yellow', silent: 'red' } as const;

export const instances: CommandDefinition<JsonOptions> = {
  name: 'instances',
  summary: 'List the running processes of the services, and how they are',
  details:
    'Each reports itself every 30 seconds in the bridge database. One that was killed is silent, and leaves the list ' +
    'after a day. Ends with 1 when there is none, or one is not well.',
  options: [jsonOption],
  examples: ['instances', 'instances --json'],
  async run(context, { json }) {
    return withBridgeDb(context, async (db) => {
      const clock = { now: () => Date.now() / 1000 };
      const listed = await listInstances({ db, clock });
      if (json) context.output.printJson({ instances: listed });
      else if (listed.length > 0) context.output.printTable(columnsAt(clock.now()), listed);
      else context.output.printNote('no instance has reported itself');
      const isWell = listed.length > 0 && listed.every(({ health }) => health === 'well');
      return isWell ? EXIT_DONE : EXIT_FAILED;
    });
  },
};

function columnsAt(now: number): readonly Column<ListedInstance>[] {
  const ago = (time: number | null) => (time === null ? '-' : `${formatDuration(now - time)} ago`);
  return [
    { title: 'service', text: ({ service }) => toPlainLine(service) },
    { title: 'host', text: ({ host }) => toPlainLine(host, 60) },
    { title: 'pid', text: ({ pid }) => String(pid) },
    { title: 'version', text: ({ version }) => toPlainLine(version) },
    { title: 'since', text: ({ startedAt }) => formatInstant(startedAt) },
    { title: 'last pass', text: ({ lastPassAt }) => ago(lastPassAt) },
    { title: 'last message', text: ({ lastMessageAt }) => ago(lastMessageAt) },
    { title: 'health', text: ({ health }) => health, colour: ({ health }) => COLOURS[health] },
    {
      title: 'why',
      text: ({ health, problems, seenAt }) =>
        health === 'silent' ? `last report ${ago(seenAt)}` : toPlainLine(problems.join('; ')),
    },
  ];
}
