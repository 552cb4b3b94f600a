import type { CommandDefinition } from '../../command-definition.js';
import { confirm } from './confirm.js';
import { status } from './status.js';

export const missing: CommandDefinition = {
  name: 'missing',
  summary: 'Show or confirm that many tracked tasks are missing',
  details:
    'When many tracked tasks are missing at once in Taskcluster or Buildbot, nothing is stopped, cancelled or ' +
    'forgotten for it until the number falls or the absence is confirmed.',
  examples: ['missing status', 'missing confirm'],
  commands: [status, confirm],
};
