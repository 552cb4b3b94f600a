import { BaseRpcContext } from '@nestjs/microservices';
import type { ReceivedMessage } from '@bbb/rules';

/** What a handler can know of its message besides the payload; a handler asks for it with `@Ctx()`. */
export class PulseContext extends BaseRpcContext<[ReceivedMessage, boolean]> {
  readonly subscription: string;
  readonly exchange: string;
  readonly routingKey: string;
  /** As received, not parsed. */
  readonly body: string;

  /** @param redelivered whether the message has been given to a handler, here or elsewhere, possibly before */
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
