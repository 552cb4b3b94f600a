import { Unusable } from './unusable.js';

/**
 * A MySQL server answers but does not let a connection set strict mode: values that are too long would be truncated
 * silently.
 */
export class NotStrict extends Unusable {
  override readonly name = 'NotStrict';

  /** @param reason how the server answered the attempt to set strict mode */
  constructor(
    readonly reason: string,
    options?: ErrorOptions & { message?: string },
  ) {
    super(options?.message ?? `strict mode cannot be set: ${reason}`, options);
  }

  override withSetting(setting: string): NotStrict {
    const message =
      `${setting}: the server does not let a connection set its sql_mode to STRICT_ALL_TABLES (${this.reason}); ` +
      'without it values that are too long would be cut. Let SET SESSION sql_mode take effect there; where a proxy ' +
      'stands in between, make it pass that on, or name the server itself';
    return new NotStrict(this.reason, { cause: this, message });
  }
}
