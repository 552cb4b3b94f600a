import { PauseStoreSql } from '@bbb/bridge-db';
import type { Pause } from '@bbb/rules';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE } from '../../exit-codes.js';
import { formatInstant, toPlainLine } from '../../output/plain-line.js';
import type { Column } from '../../output/table.js';
import { jsonOption, type JsonOptions } from '../json-option.js';

const COLUMNS: readonly Column<Pause>[] = [
  { title: 'builders', text: ({ builders }) => toPlainLine(builders) },
  { title: 'since', text: ({ since }) => formatInstant(since) },
  { title: 'by', text: ({ by }) => toPlainLine(by) },
  { title: 'reason', text: ({ reason }) => toPlainLine(reason) },
];

export const pauses: CommandDefinition<JsonOptions> = {
  name: 'pauses',
  summary: 'List the paused builders',
  options: [jsonOption],
  examples: ['pauses', 'pauses --json'],
  async run(context, { json }) {
    return withBridgeDb(context, async (db) => {
      const list = await new PauseStoreSql(db).list();
      if (json) context.output.printJson({ pauses: list });
      else if (list.length > 0) context.output.printTable(COLUMNS, list);
      else context.output.printLine('no builders are paused');
      return EXIT_DONE;
    });
  },
};
