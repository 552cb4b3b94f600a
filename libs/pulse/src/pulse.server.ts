import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { ConsumeMessage } from 'amqplib';
import type { Clock, KeptMessage, MessageStore, ReceivedMessage, Telemetry } from '@bbb/rules';
import { waitAtMost } from './connection/backoff.js';
import { type Body, isOversizedAndForeign, parseBody, readBody } from './messages/message-body.js';
import { openConnection } from './connection/open-connection.js';
import { explainConnectErrors } from './connection/connect-errors.js';
import { DatabasePause } from './messages/database-pause.js';
import { checkHandlers, runHandler } from './handlers.js';
import { ConcurrencyLimit } from './messages/concurrency-limit.js';
import { BrokerConnection } from './connection/broker-connection.js';
import { PULSE } from './on-pulse.decorator.js';
import type { PulseOptions, Subscription } from './options.js';
import { ParkedMessages } from './messages/parked-messages.js';
import { PulseContext } from './pulse-context.js';
import { BrokerSession } from './connection/broker-session.js';
import { type Outcome, Settlement } from './messages/settlement.js';
import { toErrorText } from './error-text.js';

/** Maximum number of parked messages retried at the same time. */
const RETRY_CONCURRENCY = 10;

/** Seconds to wait at shutdown for the broker to stop delivering. */
const STOP_TIMEOUT = 3;

/**
 * Pulse (RabbitMQ) as a Nest transport. Connects in the background and reconnects for ever, handles every message with
 * the method marked `@OnPulse(subscription)`, and acknowledges it when it is handled or safely kept in the message store.
 *
 * Up to `prefetch` messages of a subscription are handled concurrently, started in the order of delivery. The same message
 * may come again, even while it is still being handled after a lost connection.
 */
export class PulseServer extends Server<Record<never, never>> implements CustomTransportStrategy {
  override readonly transportId = PULSE;
  /** Makes Nest pass on the error of a handler instead of only logging it. */
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger('Pulse');

  private readonly stopping = new AbortController();
  private readonly limit: ConcurrencyLimit;
  private readonly connection: BrokerConnection;
  private readonly pause: DatabasePause;
  private readonly parked: ParkedMessages;
  private readonly settlement: Settlement;

  constructor(
    private readonly options: PulseOptions,
    store: MessageStore,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {
    super();
    const { connection, parking, prefetch, subscriptions } = options;
    const { signal } = this.stopping;
    this.limit = new ConcurrencyLimit(prefetch * subscriptions.length);
    this.connection = new BrokerConnection(
      connection,
      clock,
      () => this.openSession(),
      {
        connected: () => this.markConnected(),
        disconnected: () => this.markDisconnected(),
        wantsMessages: () => !this.pause.isOn && !signal.aborted,
      },
      signal,
    );
    this.pause = new DatabasePause(
      store,
      connection,
      (wanted) => this.connection.setConsuming(wanted && !signal.aborted),
      signal,
    );
    this.settlement = new Settlement(store, clock, parking, (error) => this.pause.begin(error));
    this.parked = new ParkedMessages(
      subscriptions.map(({ name }) => name),
      parking,
      Math.min(prefetch, RETRY_CONCURRENCY),
      store,
      clock,
      telemetry,
      this.pause,
      (kept) => this.retry(kept),
      signal,
    );
  }

  /** Starts in the background. Only a subscription without handler, or the reverse, is an error. */
  listen(callback: (error?: unknown) => void): void {
    try {
      checkHandlers(this.options.subscriptions, this.messageHandlers);
    } catch (error) {
      callback(error);
      return;
    }
    // The alert on this gauge needs the value 0 even when the broker never answers.
    this.telemetry.set('pulse_connected', 0);
    this.telemetry.count('pulse_connects_total', {}, 0);
    this.connection.start();
    this.parked.start();
    callback();
  }

  /** Drains: starts no new work, finishes and acknowledges running work, then closes the connection. */
  async close(): Promise<void> {
    this.stopping.abort();
    await waitAtMost(STOP_TIMEOUT, this.connection.setConsuming(false));
    await Promise.all([
      this.limit.waitUntilIdle(),
      this.parked.waitUntilStopped(),
      this.pause.waitUntilStopped(),
    ]);
    await this.connection.close();
  }

  /** For readiness: what keeps messages from being handled; undefined when nothing does. Contains no secret. */
  findProblem(): string | undefined {
    const notConnected = this.connection.findProblem();
    if (notConnected !== undefined) return `not connected: ${notConnected}`;
    return this.pause.isOn ? 'paused: bridge database unavailable' : undefined;
  }

  /** Required by Nest. The transport emits no events; its connection state is in {@link findProblem} and the metrics. */
  override on(event: string): never {
    throw new Error(`the Pulse transport has no event "${event}"`);
  }

  /** A connection is replaced on every reconnect, so none is handed out. */
  override unwrap<T>(): T {
    throw new Error('the Pulse transport does not expose its connection');
  }

  private async openSession(): Promise<BrokerSession> {
    const model = await explainConnectErrors(() => openConnection(this.options));
    const { subscriptions, prefetch } = this.options;
    return BrokerSession.open(model, subscriptions, prefetch, (session, subscription, message) => {
      this.limit
        .run(() => this.receive(session, subscription, message))
        .catch((error: unknown) =>
          this.logger.error(
            { error: toErrorText(error) },
            'message could not be acknowledged; the broker will redeliver it',
          ),
        );
    });
  }

  private markConnected(): void {
    this._status$.next('connected');
    this.telemetry.set('pulse_connected', 1);
    this.telemetry.count('pulse_connects_total');
  }

  private markDisconnected(): void {
    this._status$.next('disconnected');
    this.telemetry.set('pulse_connected', 0);
  }

  /** A message that is not acknowledged, because of a shutdown or an ended session, is redelivered by the broker. */
  private async receive(
    session: BrokerSession,
    subscription: Subscription,
    delivery: ConsumeMessage,
  ): Promise<void> {
    if (this.stopping.signal.aborted || !session.isOpen) return;
    const { exchange, routingKey, redelivered } = delivery.fields;
    const { content } = delivery;
    if (isOversizedAndForeign(content, subscription.ownText)) {
      this.logger.debug(
        { exchange, routingKey, size: content.length },
        'oversized message of another system ignored',
      );
      return this.answer(session, subscription, delivery, 'acked');
    }
    const body = readBody(content);
    const message = { subscription: subscription.name, exchange, routingKey, body: body.text };
    const outcome = await this.settle(message, redelivered, body);
    this.answer(session, subscription, delivery, outcome);
  }

  private answer(
    session: BrokerSession,
    subscription: Subscription,
    delivery: ConsumeMessage,
    outcome: Outcome,
  ): void {
    const isSent = outcome === 'requeued' ? session.requeue(delivery) : session.ack(delivery);
    if (isSent) this.telemetry.count('messages_total', { queue: subscription.name, outcome });
  }

  private async settle(message: ReceivedMessage, redelivered: boolean, body: Body): Promise<Outcome> {
    if (this.pause.isOn) {
      await this.pause.begin(undefined);
      return 'requeued';
    }
    const outcome = await this.settlement.settleDelivered(message, () =>
      this.handle(message, redelivered, body),
    );
    if (outcome !== 'requeued') this.pause.noteDatabaseWorked();
    return outcome;
  }

  private retry(kept: KeptMessage): Promise<Outcome> {
    const body = readBody(Buffer.from(kept.body));
    return this.settlement.settleKept(kept, () => this.handle(kept, true, body));
  }

  /** Runs the subscription's handler to its end. Throws the handler's error, and Invalid for an unusable body. */
  private async handle(message: ReceivedMessage, redelivered: boolean, body: Body): Promise<void> {
    const payload = parseBody(body);
    const handler = this.messageHandlers.get(message.subscription);
    if (!handler) throw new Error(`no handler for subscription ${message.subscription}`);
    const context = new PulseContext(message, redelivered);
    const begun = this.clock.now();
    await new Promise<void>((resolve, reject) => {
      // Nest's tracing hooks do not return the result of the function that they wrap.
      this.runWithProcessingHooks(context, (ended) =>
        runHandler(handler, payload, context).finally(ended).then(resolve, reject),
      );
    });
    this.telemetry.observe('message_seconds', this.clock.now() - begun, { queue: message.subscription });
  }
}
