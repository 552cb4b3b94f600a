// Nest's packages import it themselves, but in a bundle their code may run before it.
import 'reflect-metadata';
export type { CommandHost, ServiceName, TextStream } from './command-host.js';
export { runCommandLine } from './run-command-line.js';
