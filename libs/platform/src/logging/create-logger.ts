import { pino, stdTimeFunctions } from 'pino';
import type { Configuration, ServiceName } from '../configuration/configuration.js';
import { ConfigurationError } from '../configuration/configuration-error.js';
import { codeOf } from '../configuration/json-file.js';
import { secretsOf } from '../configuration/secrets.js';
import { sectionOf } from '../configuration/setting.js';
import { LogFile } from './log-file.js';
import { PinoLogger } from './pino-logger.js';
import { Sanitiser } from './sanitiser.js';

export interface LogDestination {
  write(line: string): void;
}

export interface LoggerOptions {
  /** Takes the place of the log file and of standard output. */
  destination?: LogDestination;
  /** Secrets beside those of the configuration. */
  secrets?: readonly string[];
}

/**
 * The log of a process: one JSON object per line, to the configured file or to standard output.
 *
 * @throws ConfigurationError when the log file cannot be opened
 */
export function createLogger(configuration: Configuration, options: LoggerOptions = {}): PinoLogger {
  const { file, level } = configuration.log;
  const logFile = options.destination || file === undefined ? undefined : opened(file, configuration.service);
  const destination = options.destination ?? logFile ?? pino.destination({ fd: 1, sync: true });
  const log = pino(
    {
      level,
      base: { service: configuration.service, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const secrets = [...secretsOf(configuration), ...(options.secrets ?? [])];
  return new PinoLogger(log, new Sanitiser(secrets, level === 'debug'), () => logFile?.close());
}

function opened(file: string, service: ServiceName): LogFile {
  try {
    return new LogFile(file);
  } catch (error) {
    throw new ConfigurationError([
      {
        subject: `${sectionOf(service)}.logfile (BBB_LOG_FILE)`,
        remedy: `the file ${file} cannot be opened (${codeOf(error)}); its folder must exist and be writable`,
      },
    ]);
  }
}
