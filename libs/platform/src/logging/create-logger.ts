import { pino, stdTimeFunctions } from 'pino';
import { StartRefused } from '../bootstrap/start-refused.js';
import type { ProcessSettings } from '../process-settings.js';
import { escapeControls } from './control-characters.js';
import { LogFile } from './log-file.js';
import { PinoLogger } from './pino-logger.js';
import { Redactor } from './redactor.js';
import { Sanitiser } from './sanitiser.js';

export interface LogDestination {
  write(line: string): void;
}

export interface LoggerOptions {
  /** Replaces the log file and standard output. */
  destination?: LogDestination;
}

/**
 * Creates the log of a process: one JSON object per line, to the configured file or to standard output.
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
    { write: (line) => void destination.write(escapeControls(line)) } satisfies LogDestination,
  );
  const redactor = new Redactor(settings.secrets);
  const sanitiser = new Sanitiser(redactor, level === 'debug');
  return new PinoLogger(log, sanitiser, redactor, () => logFile?.close());
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
