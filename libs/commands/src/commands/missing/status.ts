import { PassStoreSql } from '@bbb/bridge-db';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE } from '../../exit-codes.js';
import { jsonOption, type JsonOptions } from '../json-option.js';

export const status: CommandDefinition<JsonOptions> = {
  name: 'status',
  summary: 'Show how many tracked tasks are missing, and whether that is believed',
  options: [jsonOption],
  examples: ['missing status', 'missing status --json'],
  async run(context, options) {
    return withBridgeDb(context, async (db) => {
      const { seen, missing, doubtedSince, confirmedMissing } = await new PassStoreSql(db).read();
      const isDoubted = doubtedSince !== null;
      if (options.json) {
        context.output.printJson({ missing, seen, isDoubted, confirmedMissing });
        return EXIT_DONE;
      }
      context.output.printLine(`${missing} of ${seen} tracked tasks are missing`);
      if (doubtedSince !== null) {
        const since = new Date(doubtedSince * 1000).toISOString();
        context.output.printLine(`doubted since ${since}: nothing is done about them until it is confirmed`);
      } else if (confirmedMissing !== null) {
        context.output.printLine(`confirmed when ${confirmedMissing} were missing`);
      }
      return EXIT_DONE;
    });
  },
};
