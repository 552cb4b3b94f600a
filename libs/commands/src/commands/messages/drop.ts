import { KeptMessages } from '@bbb/bridge-db';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED } from '../../exit-codes.js';
import { jsonOption, type JsonOptions } from '../json-option.js';
import {
  describeSelection,
  idsArgument,
  selectionOptions,
  type SelectionOptions,
  selectMessages,
} from './message-selection.js';

export const drop: CommandDefinition<SelectionOptions & JsonOptions> = {
  name: 'drop',
  summary: 'Delete kept messages',
  details: 'The reflector repairs what a deleted message was about, where there is something to repair.',
  arguments: [idsArgument],
  options: [...selectionOptions, jsonOption],
  examples: ['messages drop 17', 'messages drop 17 18', 'messages drop --all --state quarantined'],
  async run(context, options, args) {
    const { output } = context;
    const selection = selectMessages(options, args);
    return withBridgeDb(context, async (db) => {
      const { changed, missing } = await new KeptMessages(db).drop(selection);
      if (options.json) output.printJson({ deleted: changed, missing });
      else if (options.all) output.printLine(`deleted ${describeSelection(changed.length, selection)}`);
      else for (const id of changed) output.printLine(`message ${id} deleted`);
      for (const id of missing) output.printNote(`no message ${id}`);
      return missing.length > 0 ? EXIT_FAILED : EXIT_DONE;
    });
  },
};
