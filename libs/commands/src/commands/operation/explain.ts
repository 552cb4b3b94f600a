import { explainTask } from '@bbb/operation';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED } from '../../exit-codes.js';
import { withSystems } from '../../operation-systems.js';
import { jsonOption, type JsonOptions } from '../json-option.js';
import { explanationLines } from './explanation-text.js';
import { parseTaskId, taskArgument } from './task-argument.js';

export const explain: CommandDefinition<JsonOptions> = {
  name: 'explain',
  summary: 'Explain where a task is, what it waits for, and what was decided before',
  details:
    'Reads both sides and the row, decides as the services do, and acts on nothing. The journal also tells of tasks that ' +
    'the bridge has forgotten. Works before the database of the Python bridge is migrated. Ends with 1 when something ' +
    'could not be read, or nothing is known of the task.',
  arguments: [taskArgument],
  options: [jsonOption],
  examples: ['explain fN1SbArXTPSVFNUvaOlinQ', '-c config.json explain fN1SbArXTPSVFNUvaOlinQ --json'],
  async run(context, { json }, [given]) {
    const taskId = parseTaskId(given);
    return withSystems(context, async (systems) => {
      const explained = await explainTask(systems, taskId);
      if (json) context.output.printJson(explained);
      else for (const line of explanationLines(explained)) context.output.printLine(line);
      const isUnknown = explained.task === null && explained.row === null && explained.journal.length === 0;
      return isUnknown || explained.problems.length > 0 ? EXIT_FAILED : EXIT_DONE;
    });
  },
};
