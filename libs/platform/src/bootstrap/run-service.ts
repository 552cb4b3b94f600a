import type { DynamicModule, INestApplication } from '@nestjs/common';
import { createLogger, type LogDestination } from '../logging/create-logger.js';
import type { PinoLogger } from '../logging/pino-logger.js';
import type { LogLevel, ProcessSettings } from '../process-settings.js';
import { EXIT_USAGE, parseCommandLine, SERVICE_USAGE, UsageError } from './command-line.js';
import { EXIT_CONFIGURATION } from './start-refused.js';
import { startPatiently } from './start-patiently.js';
import { startService, type RunningService } from './start-service.js';

/** The part of `process` that a service uses; tests give their own. */
export interface ProcessHost {
  argv: readonly string[];
  env: Record<string, string | undefined>;
  stdout: LogDestination;
  stderr: LogDestination;
  /** Takes the place of standard output and the log file. */
  log?: LogDestination;
  on(event: string, listener: (reason: unknown) => void): unknown;
  exit(code: number): void;
}

/** What the command line and the environment say about the settings. */
export interface LoadRequest {
  /** The JSON file, as named on the command line. */
  file?: string;
  /** What -v and -q ask for. */
  logLevel?: LogLevel;
  environment: Record<string, string | undefined>;
}

/** A service whose settings are known. */
export interface LoadedService {
  settings: ProcessSettings;
  /** What an operator should know, although the service starts. */
  warnings: readonly string[];
  /** Makes the service's own module. */
  module(): DynamicModule | Promise<DynamicModule>;
  /** Wires what only an application knows, such as its transport strategy, before anything runs. */
  configure?(app: INestApplication): Promise<void> | void;
}

/** Errors that an operator can cure; every other one is a failure. */
const REFUSALS = new Set(['ConfigurationError', 'StartRefused', 'MigrationsPending', 'NotStrict', 'Invalid']);

/** SIGHUP comes when a terminal is closed, and would cut off what is under way. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * A service from its command line to its exit code: 0 after a stop within the grace period, 1 after a failure, 64 for
 * a wrong option, 78 when an operator has to change something first.
 *
 * @param load reads the settings; what it throws under the name of a refusal ends the process with 78
 */
export async function runService(
  load: (request: LoadRequest) => LoadedService,
  host: ProcessHost = process,
): Promise<void> {
  // Asks for the log file to be opened anew; without a log file it must not end the process, as Node.js would.
  host.on('SIGUSR2', () => undefined);
  const prepared = prepare(load, host);
  if (!prepared) return;
  const { service, logger } = prepared;
  const { settings } = service;

  const fail = (what: string) => (error: unknown) => {
    logger.fatal({ error }, what);
    // Beside the log: a process manager keeps standard error, and shows it first.
    host.stderr.write(`${what}: ${logger.redactor.text(readMessage(error))}\n`);
    host.exit(1);
  };
  host.on('uncaughtException', fail('uncaught exception'));
  host.on('unhandledRejection', fail('unhandled rejection'));
  for (const warning of service.warnings) logger.warn({ warning }, 'configuration warning');

  const start = async () => {
    const module = await service.module();
    return startService(settings, module, { logger, configure: (app) => service.configure?.(app) });
  };
  const stopping = new AbortController();
  const starting = startPatiently(start, logger, stopping.signal);
  stopOnSignal(host, starting, stopping, settings.shutdown.grace, logger);

  try {
    const running = await starting;
    if (running) logger.log({ healthUrl: running.healthUrl }, 'service started');
  } catch (error) {
    const refusal = refusalIn(error);
    if (!refusal) return fail('service cannot start')(error);
    const reason = logger.redactor.text(refusal.message);
    logger.fatal({ reason }, 'service cannot start until an operator acts');
    host.stderr.write(`${reason}\n`);
    host.exit(EXIT_CONFIGURATION);
  }
}

interface Prepared {
  service: LoadedService;
  logger: PinoLogger;
}

/** The settings and the log; nothing when there is none or only help was asked for, after an exit. */
function prepare(load: (request: LoadRequest) => LoadedService, host: ProcessHost): Prepared | undefined {
  try {
    const { help, ...options } = parseCommandLine(host.argv.slice(2));
    if (help) {
      host.stdout.write(SERVICE_USAGE);
      host.exit(0);
      return undefined;
    }
    const service = load({ ...options, environment: host.env });
    const logger = createLogger(service.settings, host.log ? { destination: host.log } : {});
    return { service, logger };
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const refusal = isUsage ? error : refusalIn(error);
    if (!refusal) throw error;
    host.stderr.write(`${refusal.message}\n${isUsage ? `\n${SERVICE_USAGE}` : ''}`);
    host.exit(isUsage ? EXIT_USAGE : EXIT_CONFIGURATION);
    return undefined;
  }
}

function stopOnSignal(
  host: ProcessHost,
  starting: Promise<RunningService | undefined>,
  stopping: AbortController,
  grace: number,
  logger: PinoLogger,
): void {
  let isStopping = false;
  for (const signal of SIGNALS) {
    host.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      stopping.abort();
      logger.log({ signal, grace }, 'shutting down');
      const giveUp = setTimeout(() => {
        logger.error({ grace }, 'service could not stop within its grace period');
        host.exit(1);
      }, grace * 1000);
      starting
        .then((running) => running?.stop())
        .then(
          () => {
            logger.log({}, 'service stopped');
            host.exit(0);
          },
          (error: unknown) => {
            logger.error({ error }, 'service stopped with an error');
            host.exit(1);
          },
        )
        .finally(() => clearTimeout(giveUp));
    });
  }
}

function readMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The error that an operator can cure, in an error or its causes. Told by name, since a lib that knows nothing of
 * this one may refuse as well.
 */
function refusalIn(error: unknown): Error | undefined {
  for (let here = error; here instanceof Error; here = here.cause) {
    if (REFUSALS.has(here.name)) return here;
  }
  return undefined;
}
