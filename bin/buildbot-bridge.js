#!/usr/bin/env node
import { runCommandLine } from '../dist/libs/commands/src/index.js';

// A reader of a pipe may leave early, as `head` does: what it does not want is no error of a command.
const endWithReader = (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
};
process.stdout.on('error', endWithReader);

const code = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  startService(service, args) {
    process.stdout.off('error', endWithReader);
    process.argv.splice(2, Infinity, ...args);
    const folder = service === 'all' ? 'all-in-one' : `apps/${service}`;
    return import(`../dist/${folder}/src/main.js`);
  },
});
// Not process.exit(): what was written to a pipe must still arrive.
if (code !== undefined) process.exitCode = code;
