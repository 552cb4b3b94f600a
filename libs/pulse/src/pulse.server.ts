import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { ConsumeMessage } from 'amqplib';
import type { Clock, KeptMessage, MessageStore, ReceivedMessage, Telemetry } from '@bbb/rules';
import { within } from './backoff.js';
import { type Body, bodyOf, payloadOf } from './body.js';
import { type ConnectListener, ConnectListeners } from './connect-listeners.js';
import { connecting } from './connecting.js';
import { DatabasePause } from './database-pause.js';
import { checkHandlers, completion } from './handlers.js';
import { InFlight } from './in-flight.js';
import { Link } from './link.js';
import { PULSE } from './on-pulse.decorator.js';
import { openConnection, type PulseOptions, type Subscription } from './options.js';
import { ParkedMessages } from './parked-messages.js';
import { PulseContext } from './pulse-context.js';
import { Session } from './session.js';
import { type Outcome, Settlement } from './settlement.js';
import { errorText } from './text.js';

type PulseEvents = { connect: ConnectListener };

/** Parked messages tried at the same time, at most. */
const RETRIES_AT_ONCE = 10;

/** Seconds that the broker may take to stop handing out messages. */
const PATIENCE = 3;

/**
 * Pulse (RabbitMQ) as a transport of Nest's. Connects in the background and for ever, handles every message with the
 * method marked `@OnPulse(subscription)`, and acknowledges it when it is handled or safely kept in the message store.
 *
 * At most `prefetch` messages of a subscription are under way, begun in the order of delivery; two of them may run at
 * the same time, and the same message may come again, even while it is still being handled after a lost connection.
 */
export class PulseServer extends Server<PulseEvents> implements CustomTransportStrategy {
  override readonly transportId = PULSE;
  /** Nest would log a handler's error and forget it. */
  override readonly propagatesEventHandlerErrors = true;
  protected override readonly logger = new Logger('Pulse');

  private readonly stopping = new AbortController();
  private readonly connectListeners = new ConnectListeners();
  private readonly inFlight: InFlight;
  private readonly link: Link;
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
    this.inFlight = new InFlight(prefetch * subscriptions.length);
    this.link = new Link(
      connection,
      clock,
      () => this.openSession(),
      {
        connected: () => this.connected(),
        disconnected: () => this.disconnected(),
        wantsMessages: () => !this.pause.isOn && !signal.aborted,
      },
      signal,
    );
    this.pause = new DatabasePause(
      store,
      connection,
      (wanted) => this.link.consume(wanted && !signal.aborted),
      signal,
    );
    this.settlement = new Settlement(store, clock, parking, (error) => this.pause.begin(error));
    this.parked = new ParkedMessages(
      subscriptions.map(({ name }) => name),
      parking,
      Math.min(prefetch, RETRIES_AT_ONCE),
      store,
      clock,
      telemetry,
      this.pause,
      (kept) => this.retry(kept),
      signal,
    );
  }

  /** Starts in the background; only a mistake in the wiring of handlers is an error. */
  listen(callback: (error?: unknown) => void): void {
    try {
      checkHandlers(this.options.subscriptions, this.messageHandlers);
    } catch (error) {
      callback(error);
      return;
    }
    // An alarm waits for this 0, which a broker that never answers would not bring about.
    this.telemetry.set('pulse_connected', 0);
    this.telemetry.count('pulse_connects_total', {}, 0);
    this.link.start();
    this.parked.start();
    callback();
  }

  /** Drains: nothing new is begun, what is under way is finished and answered, then the connection is closed. */
  async close(): Promise<void> {
    this.stopping.abort();
    await within(PATIENCE, this.link.consume(false));
    await Promise.all([this.inFlight.idle(), this.parked.stopped(), this.pause.stopped()]);
    await this.link.close();
  }

  /** For readiness: what keeps messages from being handled; undefined when nothing does. Holds no secret. */
  problem(): string | undefined {
    const notConnected = this.link.problem();
    if (notConnected !== undefined) return `not connected: ${notConnected}`;
    return this.pause.isOn ? 'paused: bridge database away' : undefined;
  }

  /**
   * Calls the listener after every connect, the first included: messages may have been lost meanwhile (a queue can be
   * deleted), so this is the time to compare states. What it throws is logged.
   */
  onConnect(listener: ConnectListener): void {
    this.connectListeners.add(listener);
  }

  /** Nest's form of {@link onConnect}. */
  override on<Event extends keyof PulseEvents>(event: Event, listener: PulseEvents[Event]): void {
    if (event !== 'connect') throw new Error(`Pulse has no event "${String(event)}", only "connect"`);
    this.onConnect(listener);
  }

  /** Connections come and go, so none is handed out. */
  override unwrap<T>(): T {
    throw new Error('Pulse hands out no connection');
  }

  private async openSession(): Promise<Session> {
    const model = await connecting(() => openConnection(this.options));
    const { subscriptions, prefetch } = this.options;
    return Session.on(model, subscriptions, prefetch, (session, subscription, message) => {
      this.inFlight
        .run(() => this.receive(session, subscription, message))
        .catch((error: unknown) => this.logger.error({ error: errorText(error) }, 'message not answered'));
    });
  }

  private connected(): void {
    this._status$.next('connected');
    this.telemetry.set('pulse_connected', 1);
    this.telemetry.count('pulse_connects_total');
    this.connectListeners.tellAll();
  }

  private disconnected(): void {
    this._status$.next('disconnected');
    this.telemetry.set('pulse_connected', 0);
  }

  /** What is not answered here, because we stop or its session has ended, the broker delivers again. */
  private async receive(
    session: Session,
    subscription: Subscription,
    delivery: ConsumeMessage,
  ): Promise<void> {
    if (this.stopping.signal.aborted || !session.isOpen) return;
    const { exchange, routingKey, redelivered } = delivery.fields;
    const body = bodyOf(delivery.content);
    const message = { subscription: subscription.name, exchange, routingKey, body: body.text };
    const outcome = await this.outcomeOf(message, redelivered, body);
    const isAnswered = outcome === 'requeued' ? session.requeue(delivery) : session.ack(delivery);
    if (isAnswered) this.telemetry.count('messages_total', { queue: subscription.name, outcome });
  }

  private async outcomeOf(message: ReceivedMessage, redelivered: boolean, body: Body): Promise<Outcome> {
    if (this.pause.isOn) {
      await this.pause.begin(undefined);
      return 'requeued';
    }
    const outcome = await this.settlement.ofDelivered(message, () => this.handle(message, redelivered, body));
    if (outcome !== 'requeued') this.pause.databaseWorked();
    return outcome;
  }

  private retry(kept: KeptMessage): Promise<Outcome> {
    const body = { text: kept.body, size: Buffer.byteLength(kept.body) };
    return this.settlement.ofKept(kept, () => this.handle(kept, true, body));
  }

  /** Runs the subscription's handler to its end; throws what it throws, and Invalid for a body of no use. */
  private async handle(message: ReceivedMessage, redelivered: boolean, body: Body): Promise<void> {
    const payload = payloadOf(body);
    const handler = this.messageHandlers.get(message.subscription);
    if (!handler) throw new Error(`no handler for subscription ${message.subscription}`);
    const context = new PulseContext(message, redelivered);
    const begun = this.clock.now();
    await new Promise<void>((resolve, reject) => {
      // Nest's hooks, for tracing, hide the result of what runs between them.
      this.runWithProcessingHooks(context, (ended) =>
        completion(handler, payload, context).finally(ended).then(resolve, reject),
      );
    });
    this.telemetry.observe('message_seconds', this.clock.now() - begun, { queue: message.subscription });
  }
}
