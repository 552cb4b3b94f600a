import { Argument } from 'commander';
import { KeptMessages } from '@bbb/bridge-db';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED } from '../../exit-codes.js';
import { toPlainLine } from '../../output/plain-line.js';
import { jsonOption, type JsonOptions } from '../json-option.js';
import { parseId } from './message-selection.js';
import { describeMessage } from './message-view.js';

export const show: CommandDefinition<JsonOptions> = {
  name: 'show',
  summary: 'Show one kept message with its error and body',
  details: "The bridge's own secrets were removed from the body when the message was kept.",
  arguments: [new Argument('<id>', 'id of a message; see: messages list')],
  options: [jsonOption],
  examples: ['messages show 17', 'messages show 17 --json'],
  async run(context, options, [text]) {
    const id = parseId(text!);
    const [message] = await withBridgeDb(context, (db) => new KeptMessages(db).list({ ids: [id] }, 1));
    if (!message) {
      context.output.printNote(`no message ${id}`);
      return EXIT_FAILED;
    }
    const fields = { ...describeMessage(message), body: message.body };
    if (options.json) context.output.printJson(fields);
    else
      context.output.printTable(
        [
          { title: 'field', text: ([name]) => name },
          { title: 'value', text: ([, value]) => toPlainLine(String(value ?? '-')) },
        ],
        Object.entries(fields),
      );
    return EXIT_DONE;
  },
};
