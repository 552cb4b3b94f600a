import { explainTask } from '@bbb/operation';
import { Refused, Unavailable } from '@bbb/rules';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, EXIT_FAILED } from '../../exit-codes.js';
import { withMigratedSystems } from '../../operation-systems.js';
import { toPlainLine } from '../../output/plain-line.js';
import { jsonOption, type JsonOptions } from '../json-option.js';
import { parseTaskId, taskArgument } from './task-argument.js';

export const sync: CommandDefinition<JsonOptions> = {
  name: 'sync',
  summary: 'Do for one task now what the next pass would do',
  details:
    'Observes, decides and acts until nothing is left to do, as the services do; safe beside running services. It has the ' +
    'rights of the configuration that it is given. Ends with 1 when a system was unavailable or refused.',
  arguments: [taskArgument],
  options: [jsonOption],
  examples: ['sync fN1SbArXTPSVFNUvaOlinQ', '-c config.json sync fN1SbArXTPSVFNUvaOlinQ --json'],
  async run(context, { json }, [given]) {
    const taskId = parseTaskId(given);
    return withMigratedSystems(context, async (systems) => {
      let problem: string | undefined;
      try {
        await systems.reconciler.reconcile(taskId);
      } catch (error) {
        if (!(error instanceof Unavailable || error instanceof Refused)) throw error;
        problem = error.message;
      }
      const events = systems.done.map(({ event }) => event);
      const { wait, decision } = await explainTask(systems, taskId);
      if (json) context.output.printJson({ done: events, decision, wait, ...(problem ? { problem } : {}) });
      else {
        for (const event of events) context.output.printLine(event);
        if (events.length === 0) context.output.printLine('nothing was done');
        if (wait) context.output.printLine(`waits for: ${toPlainLine(wait.text)}`);
        if (problem !== undefined) context.output.printNote(toPlainLine(problem));
      }
      return problem === undefined ? EXIT_DONE : EXIT_FAILED;
    });
  },
};
