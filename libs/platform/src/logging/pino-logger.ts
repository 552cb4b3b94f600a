import type { LoggerService } from '@nestjs/common';
import type { Logger as Pino } from 'pino';
import type { Redactor } from './redactor.js';
import type { Sanitiser } from './sanitiser.js';

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/**
 * Nest's logger on pino. The convention is `logger.log({ fields }, 'static message')`; Nest adds the name of the
 * logger as the last argument. Nest's own calls (text first, a stack as the second argument of an error) are accepted
 * too.
 */
export class PinoLogger implements LoggerService {
  constructor(
    private readonly pino: Pino,
    private readonly sanitiser: Sanitiser,
    /** Hides secrets in this log; can learn more of them. */
    readonly redactor: Redactor,
    private readonly end: () => void = () => undefined,
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(isNestStart(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  /** Closes the log file, if there is one. */
  close(): void {
    this.end();
  }

  private write(level: Level, first: unknown, rest: unknown[]): void {
    if (!this.pino.isLevelEnabled(level)) return;
    const { fields, message } = parseArguments(first, rest, this.pino.isLevelEnabled('debug'));
    this.pino[level](this.sanitiser.cleanFields(fields), this.sanitiser.cleanText(message));
  }
}

/** Nest's own loggers that write a line for each module and route at start. */
const NEST_START =
  /^(NestFactory|InstanceLoader|RoutesResolver|RouterExplorer|NestApplication|NestMicroservice)$/;

function isNestStart(context: unknown): boolean {
  return typeof context === 'string' && NEST_START.test(context);
}

interface Parsed {
  fields: object;
  message: string;
}

function parseArguments(first: unknown, rest: unknown[], withStacks: boolean): Parsed {
  if (typeof first === 'object' && first !== null) {
    const fields = first instanceof Error ? { error: first } : first;
    const texts = rest.filter((item) => typeof item === 'string' && !isStack(item)) as string[];
    // Nest passes an error without a message as (error, undefined, name of the logger).
    const [message, context] = rest.length > 1 && rest[0] === undefined ? ['', texts[0]] : texts;
    const fallback = first instanceof Error ? first.message : '';
    return { fields: { ...toContext(context), ...fields }, message: message || fallback };
  }
  const stack = rest.find(isStack);
  const context = rest.filter((item) => typeof item === 'string' && !isStack(item)).at(-1);
  const objects = rest.filter((item): item is object => typeof item === 'object' && item !== null);
  const more = Object.assign(
    {},
    ...objects.map((item) => (item instanceof Error ? { error: item } : item)),
  ) as object;
  return {
    fields: { ...toContext(context), ...(stack && withStacks ? { stack } : {}), ...more },
    message: String(first),
  };
}

function toContext(context: unknown): object {
  return typeof context === 'string' ? { context } : {};
}

function isStack(item: unknown): boolean {
  return typeof item === 'string' && /\n[^\S\n]+at /.test(item);
}
