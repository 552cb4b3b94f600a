import { BaseRpcContext } from '@nestjs/microservices';
import type { ReceivedMessage } from '@bbb/rules';

/** Metadata of a message; a handler receives it with `@Ctx()`. */
export class PulseContext extends BaseRpcContext<[ReceivedMessage, boolean]> {
  readonly subscription: string;
  readonly exchange: string;
  readonly routingKey: string;
  /** As received, not parsed. */
  readonly body: string;

  /** @param redelivered whether the message may have been given to a handler before, in this process or another */
  constructor(
    message: ReceivedMessage,
    readonly redelivered: boolean,
  ) {
    super([message, redelivered]);
    this.subscription = message.subscription;
    this.exchange = message.exchange;
    this.routingKey = message.routingKey;
    this.body = message.body;
  }
}
