import type { Connector } from '@bbb/pulse';

/** Replacements for parts of the outside world, used by tests and the sandbox. */
export interface Overrides {
  /** Opens the connection to the broker; an in-process broker replaces amqplib here. */
  connect?: Connector;
}
