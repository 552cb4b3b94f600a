#!/usr/bin/env node
import { runCommandLine } from '../dist/libs/commands/src/index.js';

const code = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  startService(service, args) {
    process.argv.splice(2, Infinity, ...args);
    const folder = service === 'all' ? 'all-in-one' : `apps/${service}`;
    return import(`../dist/${folder}/src/main.js`);
  },
});
// Not process.exit(): what was written to a pipe must still arrive.
if (code !== undefined) process.exitCode = code;
