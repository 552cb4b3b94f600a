import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { parseWholeNumber } from '../support/command-line.js';

export interface ModelOptions {
  histories: number;
  /** Of the first history; each further one has the next. */
  seed: number;
  workers: number;
}

export const USAGE = `npm run model -- [options]

  --histories N   how many random histories (default 10000)
  --seed N        of the first one; each further one has the next (default 1)
  --workers N     threads that share them (default ${availableParallelism()}, the processors of this machine)

Exit code 0: no history broke a rule. The first one that does is made as short as it goes, and told.
`;

/** @throws TypeError with a message for the user */
export function readOptions(args: readonly string[]): ModelOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      histories: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    histories: parseWholeNumber('--histories', values.histories),
    seed: parseWholeNumber('--seed', values.seed, 0),
    workers: parseWholeNumber('--workers', values.workers),
  };
}
