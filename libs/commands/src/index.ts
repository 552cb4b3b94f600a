export type { CommandHost, ServiceName, TextStream } from './command-host.js';
export { runCommandLine } from './run-command-line.js';
