import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { FakeAmqplib } from '@onify/fake-amqplib';
import { Invalid, Refused, Unavailable } from '@bbb/rules';
import { BrokerClient, findRabbitmqAddress, createUniqueName } from '../../../test/support/rabbitmq.js';
import { describeEach, isReachable } from '../../../test/support/servers.js';
import {
  toAmqpAddress,
  type BrokerOptions,
  type Connector,
  LeaveToOthers,
  type PulseContext,
} from './index.js';
import { eventually } from '../../../test/support/eventually.js';
import { gate, type Handle, PulseApplication, QUICK } from './testing/pulse-application.js';

const isPossible = (kind: string) => kind !== 'RabbitMQ' || isReachable('rabbitmq');

describeEach(['in-process broker', 'RabbitMQ'], isPossible)('PulseServer on %s', (kind) => {
  const queue = createUniqueName('queue');
  const exchange = createUniqueName('exchange');
  const broker: BrokerOptions = {
    ...findRabbitmqAddress(),
    tls: false,
    tlsVerify: true,
    heartbeat: 30,
    reconnectMin: QUICK.reconnectMin,
    reconnectMax: QUICK.reconnectMax,
  };
  let connect: Connector | undefined;
  let client: BrokerClient;
  let application: PulseApplication | undefined;
  let handle: jest.Mock<Handle>;

  beforeEach(async () => {
    handle = jest.fn<Handle>();
    if (kind === 'RabbitMQ') {
      client = await BrokerClient.open();
    } else {
      const fake = new FakeAmqplib();
      connect = (address, socket) => fake.connect(address, socket);
      client = await BrokerClient.open(() => fake.connect(toAmqpAddress(broker)));
    }
    await client.declareExchange(exchange);
    client.cleanUpLater(queue);
  });

  afterEach(async () => {
    await application?.stop();
    application = undefined;
    await client.close();
  });

  interface Settings {
    prefetch?: number;
    exchange?: string;
    interval?: number;
    /** Messages that are parked and due at the start. */
    due?: number;
    ownText?: string;
  }

  async function start(settings: Settings = {}): Promise<PulseApplication> {
    const { prefetch = 10, interval = QUICK.parking.interval, due = 0, ownText } = settings;
    const bindings = ['primary.#', 'other.*'];
    application = new PulseApplication(
      {
        connection: broker,
        prefetch,
        subscriptions: [
          { name: 'task-pending', queue, exchange: settings.exchange ?? exchange, bindings, ownText },
        ],
        parking: { ...QUICK.parking, interval },
        connect,
      },
      handle,
    );
    const message = { subscription: 'task-pending', exchange, routingKey: 'primary.a', body: '{}' };
    for (let n = 0; n < due; n++) await application.store.park(message, 'no answer', 0);
    return application.start();
  }

  async function started(settings: Settings = {}): Promise<PulseApplication> {
    const it = await start(settings);
    await eventually(() => expect(it.server.findProblem()).toBeUndefined());
    return it;
  }

  /** Stops the application and counts the messages left in the queue. */
  async function countLeft(): Promise<number> {
    await application?.stop();
    application = undefined;
    return (await client.look(queue)).messages;
  }

  it('passes payload and context to the handler', async () => {
    const app = await started();
    const body = { status: { taskId: 'a' } };
    await client.publish(exchange, 'primary.x.y', body);
    await client.publish(exchange, 'other.z', [1]);
    await eventually(() => expect(app.outcomes('acked')).toBe(2));
    expect(handle.mock.calls.map(([payload, { routingKey }]) => [routingKey, payload])).toEqual([
      ['primary.x.y', body],
      ['other.z', [1]],
    ]);
    const context: PulseContext = handle.mock.calls[0]![1];
    expect(context).toMatchObject({ subscription: 'task-pending', exchange, body: JSON.stringify(body) });
    expect(context.redelivered).toBeFalsy();
    expect(app.telemetry.observations.map(({ metric }) => metric)).toEqual([
      'message_seconds',
      'message_seconds',
    ]);
  });

  it('acknowledges only after the handler has resolved', async () => {
    const { opened, open } = gate();
    handle.mockImplementation(() => opened);
    const app = await started();
    await client.publish(exchange, 'primary.a', {});
    await eventually(() => expect(handle).toHaveBeenCalledTimes(1));
    expect(app.outcomes('acked')).toBe(0);
    open();
    await eventually(() => expect(app.outcomes('acked')).toBe(1));
    expect(await countLeft()).toBe(0);
  });

  it('begins messages in the order of delivery, as many as the prefetch allows', async () => {
    const { opened, open } = gate();
    handle.mockImplementation(() => opened);
    const app = await started({ prefetch: 3 });
    const numbers = Array.from({ length: 12 }, (_, index) => index);
    for (const number of numbers) await client.publish(exchange, 'primary.a', number);
    await eventually(() => expect(handle).toHaveBeenCalledTimes(3));
    open();
    await eventually(() => expect(app.outcomes('acked')).toBe(12));
    expect(handle.mock.calls.map(([payload]) => payload)).toEqual(numbers);
  });

  it.each([
    ['Unavailable', new Unavailable('taskcluster', 'no answer')],
    ['Refused', new Refused('taskcluster', 403, 'InsufficientScopes', 'no scopes')],
    ['a mistake of ours', new TypeError('undefined is not a function')],
  ])('parks and acknowledges a message on %s', async (_name, error) => {
    handle.mockRejectedValue(error);
    const app = await started();
    await client.publish(exchange, 'primary.a', { n: 1 });
    await eventually(() => expect(app.outcomes('parked')).toBe(1));
    const [kept] = await app.store.list('parked');
    expect(kept).toMatchObject({
      subscription: 'task-pending',
      exchange,
      routingKey: 'primary.a',
      body: '{"n":1}',
      error: error.message,
    });
    expect(kept!.nextAttempt! - app.clock.now()).toBeGreaterThanOrEqual(10);
    expect(kept!.nextAttempt! - app.clock.now()).toBeLessThanOrEqual(20);
    expect(await countLeft()).toBe(0);
  });

  it('quarantines and acknowledges a message that is invalid', async () => {
    handle.mockRejectedValue(new Invalid('no such thing'));
    const app = await started();
    await client.publish(exchange, 'primary.a', { n: 1 });
    await eventually(() => expect(app.outcomes('quarantined')).toBe(1));
    expect(await app.store.list()).toMatchObject([
      { state: 'quarantined', error: 'no such thing', body: '{"n":1}' },
    ]);
    await eventually(async () => expect(await app.store.count('quarantined')).toBe(1));
    expect(await countLeft()).toBe(0);
  });

  it('quarantines a body that is not JSON or too large without handling it', async () => {
    const app = await started();
    await client.publish(exchange, 'primary.a', Buffer.from('{"n":\0'));
    await client.publish(exchange, 'primary.b', Buffer.from(JSON.stringify('x'.repeat(1024 * 1024))));
    await eventually(() => expect(app.outcomes('quarantined')).toBe(2));
    expect(handle).not.toHaveBeenCalled();
    const [text, large] = await app.store.list('quarantined');
    expect(text).toMatchObject({ body: '{"n":\0', error: 'body of 6 bytes is not JSON' });
    expect(large!.error).toMatch(/^body of 1048578 bytes is over the limit/);
    expect(large!.body).toBe(`"${'x'.repeat(4095)}`);
    expect(await countLeft()).toBe(0);
  });

  it('ignores an oversized message of another system, and quarantines one of its own', async () => {
    const app = await started({ ownText: '"taskId"' });
    const filler = 'x'.repeat(1024 * 1024);
    await client.publish(exchange, 'primary.a', { filler });
    await client.publish(exchange, 'primary.b', { filler, properties: [['taskId', 'a', 'source']] });
    await eventually(() => expect(app.outcomes('acked')).toBe(1));
    await eventually(() => expect(app.outcomes('quarantined')).toBe(1));
    expect(await app.store.list()).toMatchObject([{ routingKey: 'primary.b' }]);
    expect(handle).not.toHaveBeenCalled();
    expect(await countLeft()).toBe(0);
  });

  it.each([
    [
      'parking',
      (app: PulseApplication) => (app.store.unavailable = true),
      new Unavailable('taskcluster', 'no answer'),
    ],
    ['quarantining', (app: PulseApplication) => (app.store.unavailable = true), new Invalid('nonsense')],
    [
      'the handler',
      (app: PulseApplication) => (app.store.unavailable = true),
      new Unavailable('bridge-db', 'gone'),
    ],
  ])(
    'keeps messages in the queue while the database is unavailable, detected in %s',
    async (_name, leave, error) => {
      handle.mockRejectedValue(error);
      const app = await started();
      leave(app);
      for (const n of [1, 2, 3]) await client.publish(exchange, 'primary.a', n);
      // Where the connection is lost just then, the broker requeues by itself.
      await eventually(() => expect(app.server.findProblem()).toBe('paused: bridge database unavailable'));
      await eventually(async () => expect((await client.look(queue)).messages).toBe(3));
      const calls = handle.mock.calls.length;
      expect((await client.look(queue)).consumers).toBe(0);

      await client.publish(exchange, 'primary.a', 4);
      const probes = jest.spyOn(app.store, 'count');
      await eventually(() => expect(probes.mock.calls.length).toBeGreaterThan(2));
      expect(handle).toHaveBeenCalledTimes(calls);
      handle.mockReset();
      expect(calls).toBeLessThanOrEqual(3);
      app.store.unavailable = false;
      await eventually(() => expect(app.outcomes('acked')).toBe(4));
      expect(handle.mock.calls.map(([payload]) => payload).sort()).toEqual([1, 2, 3, 4]);
      expect(app.server.findProblem()).toBeUndefined();
      expect(await app.store.list()).toEqual([]);
      expect(await countLeft()).toBe(0);
    },
  );

  it('gives a message back that its handler leaves to others, marked as redelivered, and goes on', async () => {
    handle.mockRejectedValueOnce(new LeaveToOthers('another instance has claimed the run'));
    const app = await started();
    await client.publish(exchange, 'primary.a', 1);
    await eventually(() => expect(app.outcomes('acked')).toBe(1));
    expect(handle.mock.calls.map(([, { redelivered }]) => redelivered === true)).toEqual([false, true]);
    expect(app.server.findProblem()).toBeUndefined();
    expect(await app.store.list()).toEqual([]);
  });

  it('pauses when parked messages cannot be read', async () => {
    const app = await started();
    app.store.unavailable = true;
    await eventually(() => expect(app.server.findProblem()).toBe('paused: bridge database unavailable'));
    await client.publish(exchange, 'primary.a', 1);
    expect(handle).not.toHaveBeenCalled();
    app.store.unavailable = false;
    await eventually(() => expect(app.outcomes('acked')).toBe(1));
  });

  it('tries a parked message again when it is due, then forgets it', async () => {
    handle.mockRejectedValueOnce(new Unavailable('taskcluster', 'no answer'));
    const app = await started();
    await client.publish(exchange, 'primary.a', { n: 1 });
    await eventually(async () => expect(await app.store.count('parked')).toBe(1));
    app.clock.advance(9.9);
    await waitForLooks(app, 2);
    expect(handle).toHaveBeenCalledTimes(1);
    app.clock.advance(10.2);
    await eventually(async () => expect(await app.store.count('parked')).toBe(0));
    expect(handle).toHaveBeenCalledTimes(2);
    expect(handle.mock.calls[1]![0]).toEqual({ n: 1 });
    expect(handle.mock.calls[1]![1]).toMatchObject({ routingKey: 'primary.a', exchange, redelivered: true });
    expect(await app.store.list()).toEqual([]);
  });

  it('tries a parked message again within the time that its error names, if that is shorter', async () => {
    handle.mockRejectedValueOnce(new Unavailable('artifacts', 'not stored', { retryWithin: 0.5 }));
    const app = await started();
    await client.publish(exchange, 'primary.a', { n: 1 });
    await eventually(async () => expect(await app.store.count('parked')).toBe(1));
    app.clock.advance(0.6);
    await eventually(async () => expect(await app.store.count('parked')).toBe(0));
    expect(handle).toHaveBeenCalledTimes(2);
  });

  it('retries all messages that are due at one check', async () => {
    const app = await start({ prefetch: 1, interval: 3600, due: 3 });
    await eventually(() => expect(handle).toHaveBeenCalledTimes(3));
    await eventually(async () => expect(await app.store.count('parked')).toBe(0));
  });

  it('quarantines a parked message after its last attempt', async () => {
    handle.mockRejectedValue(new Unavailable('taskcluster', 'no answer'));
    const app = await started();
    await client.publish(exchange, 'primary.a', 1);
    await eventually(() => expect(app.outcomes('parked')).toBe(1));
    for (let attempt = 2; attempt <= 3; attempt++) {
      app.clock.advance(1001);
      await eventually(() => expect(handle).toHaveBeenCalledTimes(attempt));
    }
    await eventually(async () => expect(await app.store.count('quarantined')).toBe(1));
    app.clock.advance(1001);
    await waitForLooks(app, 2);
    expect(handle).toHaveBeenCalledTimes(3);
  });

  it('quarantines a parked message that turns out invalid', async () => {
    handle.mockRejectedValueOnce(new Unavailable('taskcluster', 'no answer'));
    handle.mockRejectedValueOnce(new Invalid('nonsense'));
    const app = await started();
    await client.publish(exchange, 'primary.a', 1);
    await eventually(() => expect(app.outcomes('parked')).toBe(1));
    app.clock.advance(1001);
    await eventually(async () =>
      expect(await app.store.list()).toMatchObject([{ state: 'quarantined', error: 'nonsense' }]),
    );
  });

  it('starts without its exchange, and continues when it exists', async () => {
    const late = createUniqueName('late');
    const app = await start({ exchange: late });
    await eventually(() =>
      expect(app.server.findProblem()).toMatch(/^not connected: exchange .*-late: it does not exist/),
    );
    await client.declareExchange(late);
    await eventually(() => expect(app.server.findProblem()).toBeUndefined());
    await client.publish(late, 'primary.a', 1);
    await eventually(() => expect(app.outcomes('acked')).toBe(1));
  });

  it('does not start with a subscription without a handler', async () => {
    application = new PulseApplication(
      {
        connection: broker,
        prefetch: 1,
        subscriptions: ['task-pending', 'task-exception'].map((name) => ({
          name,
          queue,
          exchange,
          bindings: ['#'],
        })),
        parking: QUICK.parking,
        connect,
      },
      handle,
    );
    await expect(application.start()).rejects.toThrow(/"task-exception" has no handler/);
  });

  it('finishes what is under way when it stops, and begins nothing new', async () => {
    const { opened, open } = gate();
    handle.mockImplementation(() => opened);
    const app = await started({ prefetch: 1 });
    await client.publish(exchange, 'primary.a', 1);
    await client.publish(exchange, 'primary.a', 2);
    await eventually(() => expect(handle).toHaveBeenCalledTimes(1));
    const stopped = countLeft();
    await eventually(async () => expect((await client.look(queue)).consumers).toBe(0));
    expect(app.outcomes('acked')).toBe(0);
    open();
    expect(await stopped).toBe(1);
    expect(app.outcomes('acked')).toBe(1);
    expect(handle).toHaveBeenCalledTimes(1);
  });

  it('waits for the retry of a parked message when it stops', async () => {
    handle.mockRejectedValueOnce(new Unavailable('taskcluster', 'no answer'));
    const { opened, open } = gate();
    const app = await started();
    await client.publish(exchange, 'primary.a', 1);
    await eventually(() => expect(app.outcomes('parked')).toBe(1));
    handle.mockImplementation(() => opened);
    app.clock.advance(1001);
    await eventually(() => expect(handle).toHaveBeenCalledTimes(2));
    const stopped = countLeft();
    await eventually(async () => expect((await client.look(queue)).consumers).toBe(0));
    expect(await app.store.count('parked')).toBe(1);
    open();
    await stopped;
    expect(await app.store.count('parked')).toBe(0);
  });
});

/** Waits until the parked messages have been looked at this many times more. */
async function waitForLooks(app: PulseApplication, times: number): Promise<void> {
  const looked = jest.spyOn(app.store, 'takeDue');
  await eventually(() => expect(looked.mock.calls.length).toBeGreaterThan(times));
  looked.mockRestore();
}
