import type { LoggerService } from '@nestjs/common';
import type { Logger as Pino } from 'pino';
import type { Sanitiser } from './sanitiser.js';

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/**
 * Nest's logger on pino. The convention is `logger.log({ fields }, 'static message')`; Nest adds the name of the
 * logger as the last argument. What Nest itself logs (text first, a stack as the second argument of an error) is
 * understood as well.
 */
export class PinoLogger implements LoggerService {
  constructor(
    private readonly pino: Pino,
    private readonly sanitiser: Sanitiser,
    private readonly end: () => void = () => undefined,
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(isChatter(rest.at(-1)) ? 'debug' : 'info', message, rest);
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
    const { fields, message } = understood(first, rest, this.pino.isLevelEnabled('debug'));
    this.pino[level](this.sanitiser.fields(fields), this.sanitiser.text(message));
  }
}

/** What Nest tells of its own start, a line for each module and route. */
const CHATTER =
  /^(NestFactory|InstanceLoader|RoutesResolver|RouterExplorer|NestApplication|NestMicroservice)$/;

function isChatter(context: unknown): boolean {
  return typeof context === 'string' && CHATTER.test(context);
}

interface Understood {
  fields: object;
  message: string;
}

function understood(first: unknown, rest: unknown[], withStacks: boolean): Understood {
  if (typeof first === 'object' && first !== null) {
    const fields = first instanceof Error ? { error: first } : first;
    const texts = rest.filter((item) => typeof item === 'string' && !isStack(item)) as string[];
    // An error without a message gets `undefined` in its place, and then the name.
    const [message, context] = rest.length > 1 && rest[0] === undefined ? ['', texts[0]] : texts;
    const fallback = first instanceof Error ? first.message : '';
    return { fields: { ...named(context), ...fields }, message: message || fallback };
  }
  const stack = rest.find(isStack);
  const context = rest.filter((item) => typeof item === 'string' && !isStack(item)).at(-1);
  const objects = rest.filter((item): item is object => typeof item === 'object' && item !== null);
  const more = Object.assign(
    {},
    ...objects.map((item) => (item instanceof Error ? { error: item } : item)),
  ) as object;
  return {
    fields: { ...named(context), ...(stack && withStacks ? { stack } : {}), ...more },
    message: String(first),
  };
}

function named(context: unknown): object {
  return typeof context === 'string' ? { context } : {};
}

function isStack(item: unknown): boolean {
  return typeof item === 'string' && /\n\s+at /.test(item);
}
