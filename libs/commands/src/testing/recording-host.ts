import type { CommandHost, ServiceName } from '../command-host.js';
import { runCommandLine } from '../run-command-line.js';

/** The recorded effects of a command line. */
export interface Recorded {
  code: number | undefined;
  stdout: string;
  stderr: string;
  started?: { service: ServiceName; args: readonly string[] };
}

/** Runs a command line in this process, and records what it prints and starts. */
export function record(...args: string[]): Promise<Recorded> {
  return recordInto({ code: undefined, stdout: '', stderr: '' }, ...args);
}

/** As {@link record}; what has been printed so far can be read while the command runs. */
export async function recordInto(result: Recorded, ...args: string[]): Promise<Recorded> {
  const host: CommandHost = {
    stdout: { write: (text) => (result.stdout += text) },
    stderr: { write: (text) => (result.stderr += text) },
    startService: async (service, serviceArgs) => {
      result.started = { service, args: serviceArgs };
    },
  };
  result.code = await runCommandLine(args, host);
  return result;
}

/** As {@link record}, and reads the one JSON text that was printed. */
export async function recordJson(...args: string[]): Promise<{ code: number | undefined; json: unknown }> {
  const { code, stdout } = await record(...args);
  return { code, json: JSON.parse(stdout) as unknown };
}
