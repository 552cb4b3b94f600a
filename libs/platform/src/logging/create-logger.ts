import { pino, stdTimeFunctions } from 'pino';
import { StartRefused } from '../bootstrap/start-refused.js';
import type { ProcessSettings } from '../process-settings.js';
import { LogFile } from './log-file.js';
import { PinoLogger } from './pino-logger.js';
import { Sanitiser } from './sanitiser.js';

export interface LogDestination {
  write(line: string): void;
}

export interface LoggerOptions {
  /** Takes the place of the log file and of standard output. */
  destination?: LogDestination;
}

/**
 * The log of a process: one JSON object per line, to the configured file or to standard output.
 *
 * @throws StartRefused when the log file cannot be opened
 */
export function createLogger(settings: ProcessSettings, options: LoggerOptions = {}): PinoLogger {
  const { file, level } = settings.log;
  const logFile =
    options.destination || file === undefined ? undefined : openLogFile(file, settings.settingNames.logFile);
  const destination = options.destination ?? logFile ?? pino.destination({ fd: 1, sync: true });
  const log = pino(
    {
      level,
      base: { service: settings.service, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return new PinoLogger(log, new Sanitiser(settings.secrets, level === 'debug'), () => logFile?.close());
}

function openLogFile(file: string, settingName: string): LogFile {
  try {
    return new LogFile(file);
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new StartRefused(
      `${settingName}: the file ${file} cannot be opened (${code}); its folder must exist and be writable`,
    );
  }
}
