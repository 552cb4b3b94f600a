import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { Configuration, ServiceName } from '../configuration/configuration.js';
import { EXIT_CONFIGURATION } from '../configuration/configuration-error.js';
import { loadConfiguration, type LoadedConfiguration } from '../configuration/load-configuration.js';
import { secretsOf } from '../configuration/secrets.js';
import { createLogger, type LogDestination } from '../logging/create-logger.js';
import { Redactor } from '../logging/redactor.js';
import type { PinoLogger } from '../logging/pino-logger.js';
import { EXIT_USAGE, parseCommandLine, SERVICE_USAGE, UsageError } from './command-line.js';
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

type ModuleOf = (configuration: Configuration) => DynamicModule | Promise<DynamicModule>;
type Configure = (app: INestApplication) => Promise<void> | void;

/** Errors that an operator can cure; every other one is a failure. */
const REFUSALS = new Set(['ConfigurationError', 'StartRefused', 'MigrationsPending', 'NotStrict', 'Invalid']);

/** SIGHUP comes when a terminal is closed, and would cut off what is under way. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * A service from its command line to its exit code: 0 after a stop within the grace period, 1 after a failure, 64 for
 * a wrong option, 78 when an operator has to change something first.
 */
export async function runService(
  service: ServiceName,
  moduleOf: ModuleOf,
  configure?: Configure,
  host: ProcessHost = process,
): Promise<void> {
  // Asks for the log file to be opened anew; without a log file it must not end the process, as Node.js would.
  host.on('SIGUSR2', () => undefined);
  const prepared = prepare(service, host);
  if (!prepared) return;
  const { configuration, warnings, logger } = prepared;

  const fail = (what: string) => (error: unknown) => {
    logger.fatal({ error }, what);
    host.exit(1);
  };
  host.on('uncaughtException', fail('uncaught exception'));
  host.on('unhandledRejection', fail('unhandled rejection'));
  for (const warning of warnings) logger.warn({ warning }, 'configuration');

  const starting = Promise.resolve()
    .then(() => moduleOf(configuration))
    .then((module) => startService(configuration, module, { logger, ...(configure ? { configure } : {}) }));
  stopOnSignal(host, starting, configuration.shutdown.grace, logger);

  try {
    const { healthUrl } = await starting;
    logger.log({ healthUrl }, 'service started');
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal) {
      host.stderr.write(`${new Redactor(secretsOf(configuration)).text(refusal.message)}\n`);
      host.exit(EXIT_CONFIGURATION);
      return;
    }
    logger.fatal({ error }, 'service cannot start');
    host.exit(1);
  }
}

type Prepared = LoadedConfiguration & { logger: PinoLogger };

/** The configuration and the log; nothing when there is none or only help was asked for, after an exit. */
function prepare(service: ServiceName, host: ProcessHost): Prepared | undefined {
  try {
    const { help, ...options } = parseCommandLine(host.argv.slice(2));
    if (help) {
      host.stdout.write(SERVICE_USAGE);
      host.exit(0);
      return undefined;
    }
    const loaded = loadConfiguration(service, { ...options, environment: host.env });
    const logger = createLogger(loaded.configuration, host.log ? { destination: host.log } : {});
    return { ...loaded, logger };
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
  starting: Promise<RunningService>,
  grace: number,
  logger: PinoLogger,
): void {
  let isStopping = false;
  for (const signal of SIGNALS) {
    host.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      logger.log({ signal, grace }, 'service stops');
      const giveUp = setTimeout(() => {
        logger.error({ grace }, 'service could not stop within its grace period');
        host.exit(1);
      }, grace * 1000);
      starting
        .then((running) => running.stop())
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
