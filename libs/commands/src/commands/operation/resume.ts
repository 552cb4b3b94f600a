import { Option } from 'commander';
import { PauseStoreSql } from '@bbb/bridge-db';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED } from '../../exit-codes.js';
import { jsonOption, type JsonOptions } from '../json-option.js';

interface ResumeOptions extends JsonOptions {
  builder?: string;
}

export const resume: CommandDefinition<ResumeOptions> = {
  name: 'resume',
  summary: 'Create build requests again for paused builders',
  details:
    'Without --builder every pause ends. Tasks that became pending meanwhile get their build requests with the next pass ' +
    'of the reflector. Ends with 1 when nothing was paused.',
  options: [
    new Option('--builder <RE>', 'only the pause with exactly this regular expression; see: pauses'),
    jsonOption,
  ],
  examples: ['resume', 'resume --builder "^Windows"'],
  async run(context, { builder, json }) {
    return withBridgeDb(context, async (db) => {
      const ended = await new PauseStoreSql(db).remove(builder);
      if (json) context.output.printJson({ resumed: ended.map(({ builders }) => builders) });
      else for (const { builders } of ended) context.output.printLine(`resumed builders ${builders}`);
      if (ended.length > 0) return EXIT_DONE;
      if (!json) context.output.printNote(`not paused: ${builder ?? 'no builders are paused'}`);
      return EXIT_FAILED;
    });
  },
};
