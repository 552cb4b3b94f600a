import { PassStoreSql } from '@bbb/bridge-db';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED } from '../../exit-codes.js';
import { jsonOption, type JsonOptions } from '../json-option.js';

export const confirm: CommandDefinition<JsonOptions> = {
  name: 'confirm',
  summary: 'Confirm that the missing tasks are really gone',
  details:
    'Tasks that stay missing for reflector.missing_grace are then ended and forgotten. The confirmation is for as many ' +
    'tasks as are missing now; it ends when the number has fallen, or when many more are missing.',
  options: [jsonOption],
  examples: ['missing confirm'],
  async run(context, options) {
    return withBridgeDb(context, async (db) => {
      const passes = new PassStoreSql(db);
      const { missing, doubtedSince } = await passes.read();
      if (doubtedSince === null) {
        context.output.printNote('no absence is doubted; nothing to confirm');
        return EXIT_FAILED;
      }
      if (!(await passes.confirmMissing(missing))) {
        context.output.printNote('the number of missing tasks has just changed; look again');
        return EXIT_FAILED;
      }
      if (options.json) context.output.printJson({ confirmedMissing: missing });
      else context.output.printLine(`confirmed that ${missing} tracked tasks are missing`);
      return EXIT_DONE;
    });
  },
};
