import { hostname } from 'node:os';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { createLogger, type LogDestination } from '../logging/create-logger.js';
import type { PinoLogger } from '../logging/pino-logger.js';
import type { LogLevel, ProcessSettings } from '../process-settings.js';
import { EXIT_USAGE, parseCommandLine, SERVICE_USAGE, UsageError } from './command-line.js';
import { EXIT_CONFIGURATION } from './start-refused.js';
import { startPatiently } from './start-patiently.js';
import { startService, type RunningService } from './start-service.js';
import { readVersion } from './version.js';

/** The part of `process` that a service uses; tests give their own. */
export interface ProcessHost {
  argv: readonly string[];
  env: Record<string, string | undefined>;
  stdout: LogDestination;
  stderr: LogDestination;
  /** Replaces standard output and the log file. */
  log?: LogDestination;
  on(event: string, listener: (reason: unknown) => void): unknown;
  exit(code: number): void;
}

/** The sources of the settings: command line and environment. */
export interface LoadRequest {
  /** The JSON file, as named on the command line. */
  file?: string;
  /** The log level set by -v or -q. */
  logLevel?: LogLevel;
  environment: Record<string, string | undefined>;
}

/** One application of a process, with its settings. */
export interface LoadedApplication {
  settings: ProcessSettings;
  /** Creates the application's own module. */
  module(): DynamicModule | Promise<DynamicModule>;
  /** Connects what only an application knows, such as its transport strategy, before it starts. */
  configure?(app: INestApplication): Promise<void> | void;
}

/** A service with its settings. */
export interface LoadedService extends LoadedApplication {
  /** Warnings for an operator; they do not keep the service from starting. */
  warnings: readonly string[];
  /** The sources of the configuration, for the log. */
  sources: readonly string[];
  /** Further applications of the process, which share its log and its end. */
  others?: readonly LoadedApplication[];
}

/** Errors that an operator can fix; any other error is a failure. */
const REFUSALS = new Set(['ConfigurationError', 'StartRefused', 'MigrationsPending', 'NotStrict', 'Invalid']);

/** Includes SIGHUP: closing a terminal sends it, and it would otherwise interrupt work in progress. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Runs a service from its command line to its exit code: 0 after a stop within the grace period, 1 after a failure, 64
 * for a wrong option, 78 when an operator must change something first.
 *
 * @param load reads the settings; an error whose name is in `REFUSALS` ends the process with 78
 */
export async function runService(
  load: (request: LoadRequest) => LoadedService,
  host: ProcessHost = process,
): Promise<void> {
  // Reopens the log file; without a log file the signal must not end the process, as it would by default.
  host.on('SIGUSR2', () => undefined);
  const prepared = prepare(load, host);
  if (!prepared) return;
  const { service, logger } = prepared;
  const { settings } = service;

  const fail = (what: string) => (error: unknown) => {
    logger.fatal({ error }, what);
    // Also on standard error, which process managers keep and show first.
    host.stderr.write(`${what}: ${logger.redactor.text(readMessage(error))}\n`);
    host.exit(1);
  };
  host.on('uncaughtException', fail('uncaught exception'));
  host.on('unhandledRejection', fail('unhandled rejection'));
  logger.log(
    {
      version: readVersion(),
      node: process.version,
      instance: `${hostname()}:${process.pid}`,
      sources: service.sources,
    },
    'service starting',
  );
  for (const warning of service.warnings) logger.warn({ warning }, 'configuration warning');

  const start = () => startAll([service, ...(service.others ?? [])], logger);
  const stopping = new AbortController();
  const starting = startPatiently(start, logger, stopping.signal);
  stopOnSignal(host, starting, stopping, settings.shutdown.grace, logger);

  try {
    const running = await starting;
    for (const { healthUrl } of running ?? []) logger.log({ healthUrl }, 'service started');
  } catch (error) {
    const refusal = findRefusal(error);
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

/** Reads the settings and opens the log; undefined after an exit because of a problem or --help. */
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
    const refusal = isUsage ? error : findRefusal(error);
    if (!refusal) throw error;
    host.stderr.write(`${refusal.message}\n${isUsage ? `\n${SERVICE_USAGE}` : ''}`);
    host.exit(isUsage ? EXIT_USAGE : EXIT_CONFIGURATION);
    return undefined;
  }
}

/** Starts one application after the other; when one cannot start, those before it are stopped. */
async function startAll(
  applications: readonly LoadedApplication[],
  logger: PinoLogger,
): Promise<RunningService[]> {
  const running: RunningService[] = [];
  try {
    for (const application of applications) {
      const module = await application.module();
      running.push(
        await startService(application.settings, module, {
          logger,
          processMetrics: running.length === 0,
          configure: (app) => application.configure?.(app),
        }),
      );
    }
    return running;
  } catch (error) {
    await stopAll(running).catch(() => undefined);
    throw error;
  }
}

async function stopAll(running: readonly RunningService[]): Promise<void> {
  await Promise.all(running.map((one) => one.stop()));
}

function stopOnSignal(
  host: ProcessHost,
  starting: Promise<RunningService[] | undefined>,
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
        .then((running) => stopAll(running ?? []))
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
 * Finds the error that an operator can fix, in an error or its causes. Compares names, since libs that do not import
 * this one throw such errors too.
 */
function findRefusal(error: unknown): Error | undefined {
  for (let here = error; here instanceof Error; here = here.cause) {
    if (REFUSALS.has(here.name)) return here;
  }
  return undefined;
}
