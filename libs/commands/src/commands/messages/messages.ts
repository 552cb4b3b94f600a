import type { CommandDefinition } from '../../command-definition.js';
import { drop } from './drop.js';
import { list } from './list.js';
import { replay } from './replay.js';
import { show } from './show.js';

export const messages: CommandDefinition = {
  name: 'messages',
  summary: 'List, show, replay or delete kept messages',
  details:
    'A message that could not be handled is kept in the bridge database: parked (it will be retried) or quarantined ' +
    '(it waits for an operator).',
  examples: ['messages list', 'messages replay 17', 'messages drop --all --state quarantined'],
  commands: [list, show, replay, drop],
};
