import { Unavailable } from '@bbb/bridge';

/**
 * A MySQL server answers, and does not let a connection be strict: values that are too long would be cut without a
 * word. At start an operator has to act first; later the database counts as away.
 */
export class NotStrict extends Error {
  override readonly name = 'NotStrict';

  /** @param reason what the server did with the wish to be strict */
  constructor(
    readonly reason: string,
    options?: ErrorOptions & { message?: string },
  ) {
    super(options?.message ?? `strict mode cannot be set: ${reason}`, options);
  }

  /** The same for whoever has to act. @param setting of the database's URL, by the names that an operator knows */
  toldBy(setting: string): NotStrict {
    const message =
      `${setting}: the server does not let a connection set its sql_mode to STRICT_ALL_TABLES (${this.reason}); ` +
      'without it values that are too long would be cut. Let SET SESSION sql_mode take effect there; where a proxy ' +
      'stands in between, make it pass that on, or name the server itself';
    return new NotStrict(this.reason, { cause: this, message });
  }
}

/** Why a database counts as away, if it is for this reason. */
export function notStrictIn(error: unknown): NotStrict | undefined {
  if (error instanceof Unavailable) return notStrictIn(error.cause);
  return error instanceof NotStrict ? error : undefined;
}
