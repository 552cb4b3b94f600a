import { KeptMessages } from '@bbb/bridge-db';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE } from '../../exit-codes.js';
import { jsonOption, type JsonOptions } from '../json-option.js';
import { filterFrom, filterOptions, type FilterOptions } from './message-selection.js';
import { describeMessage, MESSAGE_COLUMNS } from './message-view.js';

/** Maximum number of messages in a list. */
const LONGEST_LIST = 1000;

export const list: CommandDefinition<FilterOptions & JsonOptions> = {
  name: 'list',
  summary: 'List kept messages, oldest first',
  options: [...filterOptions, jsonOption],
  examples: [
    'messages list',
    'messages list --state quarantined --subscription task-pending',
    'messages list --json',
  ],
  async run(context, options) {
    const filter = filterFrom(options);
    return withBridgeDb(context, async (db) => {
      const kept = new KeptMessages(db);
      const messages = await kept.list(filter, LONGEST_LIST);
      const [parked, quarantined] = [
        await kept.count('parked', filter),
        await kept.count('quarantined', filter),
      ];
      if (options.json) {
        context.output.printJson({ parked, quarantined, messages: messages.map(describeMessage) });
        return EXIT_DONE;
      }
      if (messages.length > 0) context.output.printTable(MESSAGE_COLUMNS, messages);
      context.output.printLine(`${parked} parked, ${quarantined} quarantined`);
      if (messages.length < parked + quarantined)
        context.output.printLine(`only the oldest ${messages.length} are listed`);
      return EXIT_DONE;
    });
  },
};
