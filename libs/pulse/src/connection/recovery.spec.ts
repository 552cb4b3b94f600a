import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { connect, type Channel, type ConsumeMessage } from 'amqplib';
import {
  BrokerClient,
  findRabbitmqAddress,
  rabbitmqctl,
  createUniqueName,
} from '../../../../test/support/rabbitmq.js';
import { canStart, describeWhere, isReachable, SERVERS } from '../../../../test/support/servers.js';
import type { BrokerOptions, Connector } from '../index.js';
import { eventually } from '../../../../test/support/eventually.js';
import { gate, type Handle, PulseApplication, QUICK } from '../testing/pulse-application.js';
import { TcpProxy } from '../../../../test/support/doubles/tcp-proxy.js';

// What only a real broker does.
describeWhere(isReachable('rabbitmq'))('a lost RabbitMQ', () => {
  let queue: string;
  let exchange: string;
  let client: BrokerClient;
  let proxy: TcpProxy;
  let application: PulseApplication | undefined;
  let handle: jest.Mock<Handle>;

  beforeEach(async () => {
    queue = createUniqueName('queue');
    exchange = createUniqueName('exchange');
    handle = jest.fn<Handle>();
    client = await BrokerClient.open();
    await client.declareExchange(exchange);
    client.cleanUpLater(queue);
    proxy = await TcpProxy.start(SERVERS.rabbitmq.url);
  });

  afterEach(async () => {
    await application?.stop();
    application = undefined;
    await proxy.stop();
    await client.close();
  });

  async function start(
    { prefetch = 10, ...settings }: Partial<BrokerOptions> & { prefetch?: number } = {},
    connect?: Connector,
  ): Promise<PulseApplication> {
    application = new PulseApplication(
      {
        connection: {
          ...findRabbitmqAddress(),
          port: proxy.port,
          host: '127.0.0.1',
          tls: false,
          tlsVerify: true,
          heartbeat: 30,
          reconnectMin: QUICK.reconnectMin,
          reconnectMax: QUICK.reconnectMax,
          ...settings,
        },
        prefetch,
        subscriptions: [{ name: 'task-pending', queue, exchange, bindings: ['#'] }],
        parking: QUICK.parking,
        connect,
      },
      handle,
    );
    return application.start();
  }

  async function connected(times: number): Promise<void> {
    await eventually(() => expect(application!.telemetry.readCount('pulse_connects_total')).toBe(times));
    await eventually(() => expect(application!.server.findProblem()).toBeUndefined());
  }

  /** The whole way works: a message published now is handled, and one consumer is there. */
  async function works(app: PulseApplication): Promise<void> {
    const before = app.outcomes('acked');
    await client.publish(exchange, 'primary.a', 'probe');
    await eventually(() => expect(app.outcomes('acked')).toBe(before + 1));
    expect(await client.look(queue)).toEqual({ messages: 0, consumers: 1 });
  }

  it('reconnects after its connection was cut, and lets the broker deliver again', async () => {
    const { opened, open } = gate();
    handle.mockImplementationOnce(() => opened);
    const app = await start();
    await connected(1);
    await client.publish(exchange, 'primary.a', 1);
    await eventually(() => expect(handle).toHaveBeenCalledTimes(1));
    proxy.cut();
    await connected(2);
    await eventually(() => expect(handle).toHaveBeenCalledTimes(2));
    expect(handle.mock.calls[1]![1].redelivered).toBe(true);
    await eventually(() => expect(app.outcomes('acked')).toBe(1));
    open();
    await works(app);
  });

  it('begins no more than the prefetch allows, also after a reconnect, and nothing once it stops', async () => {
    const { opened, open } = gate();
    handle.mockImplementation(() => opened);
    const app = await start({ prefetch: 1 });
    await connected(1);
    await client.publish(exchange, 'primary.a', 1);
    await eventually(() => expect(handle).toHaveBeenCalledTimes(1));
    proxy.cut();
    await connected(2);
    // Delivered again, and not begun: the queue has nothing left to give.
    await eventually(async () => expect(await client.look(queue)).toEqual({ messages: 0, consumers: 1 }));
    application = undefined;
    const stopped = app.stop();
    await eventually(async () => expect((await client.look(queue)).consumers).toBe(0));
    open();
    await stopped;
    expect(handle).toHaveBeenCalledTimes(1);
    expect((await client.look(queue)).messages).toBe(1);
  });

  it('starts while the broker is unavailable, and connects when it is available', async () => {
    await proxy.refuse();
    const app = await start();
    await eventually(() => expect(app.server.findProblem()).toMatch(/^not connected: .*ECONNREFUSED/));
    // Said before there was a first connection, too: an alarm waits for it.
    expect(app.telemetry.gauges.get('pulse_connected')).toBe(0);
    await proxy.recover();
    await connected(1);
    await proxy.refuse();
    await eventually(() => expect(app.server.findProblem()).toMatch(/^not connected: /));
    expect(app.telemetry.gauges.get('pulse_connected')).toBe(0);
    await proxy.recover();
    await connected(2);
    await works(app);
  });

  it('detects a broker that no longer answers', async () => {
    const app = await start({ heartbeat: 1 });
    await connected(1);
    proxy.stallPresent();
    await connected(2);
    await works(app);
  });

  it('stops although the broker no longer answers', async () => {
    const app = await start({ heartbeat: 1 });
    await connected(1);
    proxy.stallPresent();
    application = undefined;
    await app.stop();
    expect(handle).not.toHaveBeenCalled();
  });

  it('reconnects after the broker has closed its channel', async () => {
    const channels: Channel[] = [];
    const app = await start({}, async (address, socket) => {
      const model = await connect(address, socket);
      const create = model.createChannel.bind(model);
      model.createChannel = async () => {
        const channel = await create();
        channels.push(channel);
        return channel;
      };
      return model;
    });
    await connected(1);
    channels[0]!.ack({ fields: { deliveryTag: 999 } } as ConsumeMessage);
    await connected(2);
    expect(channels).toHaveLength(2);
    await works(app);
  });

  it('declares its queue again when it was deleted', async () => {
    const app = await start();
    await connected(1);
    await client.deleteQueue(queue);
    await connected(2);
    await works(app);
  });

  it('says what to do about a queue with other arguments, and does not hurry', async () => {
    await client.declareQueue(queue, { durable: true, maxLength: 5 });
    const app = await start({ reconnectMin: 0.2, reconnectMax: 0.4 });
    await eventually(() =>
      expect(app.server.findProblem()).toMatch(/exists with arguments other .* delete the queue/),
    );
    expect(proxy.accepted).toBe(1);
    await client.deleteQueue(queue);
    await connected(1);
    await works(app);
  });

  it('never shows the password', async () => {
    const password = 'correct horse';
    const app = await start({ user: createUniqueName('nobody'), password }, async () => {
      throw new Error(`no login with ${password} at amqp://x:${encodeURIComponent(password)}@host`);
    });
    await eventually(() =>
      expect(app.server.findProblem()).toBe('not connected: no login with *** at amqp://x:***@host'),
    );
  });

  it('says that a login was refused', async () => {
    const app = await start({ user: createUniqueName('nobody'), password: 'wrong' });
    await eventually(() => expect(app.server.findProblem()).toMatch(/^not connected: .*ACCESS.REFUSED/));
    expect(app.server.findProblem()).not.toContain('wrong');
  });

  describeWhere(canStart('rabbitmqctl'))('a user with the rights Pulse gives', () => {
    const user = createUniqueName('user');
    const password = 'p@ss/word%25';

    beforeEach(async () => {
      await rabbitmqctl('add_user', user, password);
      const own = `^(queue/${user}/.*|exchange/${user}/.*)`;
      await rabbitmqctl('set_permissions', user, own, own, `^(queue/${user}/.*|.*exchange.*)`);
      queue = `queue/${user}/task-pending`;
      client.cleanUpLater(queue);
    });

    afterEach(async () => {
      await rabbitmqctl('delete_user', user);
    });

    it('is enough, also after the broker has closed the connection', async () => {
      const app = await start({ user, password });
      await connected(1);
      await works(app);
      await rabbitmqctl('close_all_user_connections', user, 'maintenance');
      await connected(2);
      await works(app);
    });

    it('names the remedy for a queue that it may not declare', async () => {
      queue = createUniqueName('not-its-own');
      const app = await start({ user, password });
      await eventually(() =>
        expect(app.server.findProblem()).toMatch(/on Pulse the name must begin with queue\/<user>\//),
      );
    });
  });
});
