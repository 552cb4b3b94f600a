import type { Connector } from '@bbb/pulse';

/** What a process may bring along in place of the real thing. */
export interface Overrides {
  /** Opens the connection to the broker; an in-process broker's takes amqplib's place. */
  connect?: Connector;
}
