import { parseArgs } from 'node:util';
import taskcluster from 'taskcluster-client';
import { readOptionsGiven } from '../test/support/command-line.js';
import { BUILDERS } from './mix.js';
import { exampleTask } from './taskcluster/example-task.js';
import { slugid } from './taskcluster/identifiers.js';

// Creates a task in a sandbox that was started with `npm start -- --keep`, as a user's tools do.

const USAGE = `npm run task -- ROOT_URL [options]

Creates a task in the simulated Taskcluster of \`npm start -- --keep\`, and prints its id.

  --builder NAME   the builder (default ${BUILDERS[0]!.name})
  --deadline SECS  seconds until its deadline (default 86400)

Builders:
${BUILDERS.map(({ name }) => `  ${name}`).join('\n')}
`;

/** The simulator accepts any client with the sandbox's token. */
const USER = { clientId: 'developer', accessToken: 'sandbox-access-token' };

interface TaskOptions {
  rootUrl: string;
  buildername: string;
  deadline: number;
}

/** @throws TypeError with a message for the user */
function readOptions(args: readonly string[]): TaskOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      builder: { type: 'string', default: BUILDERS[0]!.name },
      deadline: { type: 'string', default: '86400' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const [rootUrl, ...others] = positionals;
  if (rootUrl === undefined || others.length > 0 || !URL.canParse(rootUrl))
    throw new TypeError('name the root URL that npm start printed');
  const deadline = Number(values.deadline);
  if (!(deadline > 0)) throw new TypeError('--deadline must be a number of seconds');
  return { rootUrl: rootUrl.replace(/\/+$/, ''), buildername: values.builder, deadline };
}

async function createTask({ rootUrl, buildername, deadline }: TaskOptions): Promise<string> {
  const taskId = slugid();
  const now = Date.now() / 1000;
  const task = exampleTask(now);
  const queue = new taskcluster.Queue({ rootUrl, credentials: USER, retries: 0 });
  await queue.createTask(taskId, {
    ...task,
    deadline: new Date((now + deadline) * 1000).toISOString(),
    payload: {
      buildername,
      sourcestamp: { branch: 'https://hg.example.com/projects/oak/', revision: taskId.slice(0, 12) },
      properties: { product: 'firefox' },
    },
  });
  return taskId;
}

const options = readOptionsGiven(readOptions, USAGE);
if (options)
  try {
    process.stdout.write(`${await createTask(options)}\n`);
  } catch (error) {
    process.stderr.write(`the task was not created: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
