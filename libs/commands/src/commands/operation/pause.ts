import { hostname, userInfo } from 'node:os';
import { Option } from 'commander';
import { PauseStoreSql } from '@bbb/bridge-db';
import { createMatcher } from '@bbb/rules';
import { withBridgeDb } from '../../bridge-database.js';
import type { CommandDefinition } from '../../command-definition.js';
import { EXIT_DONE, UsageError } from '../../exit-codes.js';
import { jsonOption, type JsonOptions } from '../json-option.js';

interface PauseOptions extends JsonOptions {
  builder: string;
  reason: string;
}

/** Characters of a pattern and of a reason. */
const LONGEST_PATTERN = 255;
const LONGEST_REASON = 1000;

export const pause: CommandDefinition<PauseOptions> = {
  name: 'pause',
  summary: 'Create no more build requests, for example while Buildbot is under maintenance',
  details:
    'Claims, endings and cancellations go on, and so do builds that were requested before. Tasks stay pending in ' +
    'Taskcluster until the builders are resumed. A pause survives restarts; services take notice within 5 seconds.',
  options: [
    new Option('--builder <RE>', 'only builders that match this regular expression from the start')
      .argParser(parsePattern)
      .default('.*', 'all builders'),
    new Option('--reason <TEXT>', 'why; shown wherever the pause is shown')
      .argParser(parseReason)
      .default('', 'none'),
    jsonOption,
  ],
  examples: [
    'pause --reason "masters are being upgraded"',
    'pause --builder "^Windows" --reason "no workers"',
  ],
  async run(context, { builder: builders, reason, json }) {
    return withBridgeDb(context, async (db) => {
      const pauses = new PauseStoreSql(db);
      await pauses.add({ builders, reason, since: Date.now() / 1000, by: `${readUser()}@${hostname()}` });
      if (json) context.output.printJson({ pauses: await pauses.list() });
      else context.output.printLine(`paused builders ${builders}; resume them with: buildbot-bridge resume`);
      return EXIT_DONE;
    });
  },
};

/** @throws UsageError when the pattern cannot be used */
export function parsePattern(pattern: string): string {
  if (pattern.length > LONGEST_PATTERN)
    throw new UsageError(`--builder takes at most ${LONGEST_PATTERN} characters`);
  try {
    createMatcher(pattern);
  } catch (error) {
    throw new UsageError(
      `--builder takes a regular expression, not: ${pattern} (${(error as Error).message})`,
    );
  }
  return pattern;
}

function parseReason(reason: string): string {
  if (reason.length > LONGEST_REASON)
    throw new UsageError(`--reason takes at most ${LONGEST_REASON} characters`);
  return reason;
}

/** A container may run as a user without a name. */
function readUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}
