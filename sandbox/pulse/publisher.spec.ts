import { randomBytes } from 'node:crypto';
import { afterEach, expect, it } from '@jest/globals';
import { FakeAmqplib } from '@onify/fake-amqplib';
import { connect, type ChannelModel } from 'amqplib';
import { describeEach, isReachable, SERVERS } from '../../test/support/servers.js';
import { Publisher } from './publisher.js';

type Open = () => Promise<ChannelModel>;

const BROKERS: [string, Open][] = [
  ['in this process', fakeBroker()],
  ['RabbitMQ', () => connect(SERVERS.rabbitmq.url)],
];

const isPossible = (where: string) => where !== 'RabbitMQ' || isReachable('rabbitmq');

/** Every connection leads to the same broker. */
function fakeBroker(): Open {
  const fake = new FakeAmqplib();
  return () => fake.connect('amqp://sandbox');
}

describeEach(BROKERS, isPossible)('a publisher on a broker %s', (_where, open) => {
  const exchange = `exchange/bbb-test-${randomBytes(6).toString('hex')}/`;
  const openings: ChannelModel[] = [];
  afterEach(async () => {
    for (const model of openings.splice(0)) await model.close();
  });

  it('declares its exchange and delivers persistent JSON under the routing key', async () => {
    const publisher = await Publisher.open({ connect: open, exchanges: [exchange] });
    const model = await open();
    openings.push(model);
    const channel = await model.createChannel();
    await channel.checkExchange(exchange);
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, 'build.#.started');

    await publisher.publish(exchange, 'build.linux64.1.started', { payload: { text: 'schön' } });
    await publisher.publish(exchange, 'build.linux64.1.finished', {});
    const message = await channel.get(queue, { noAck: true });
    if (message === false) throw new Error('nothing arrived');
    expect(JSON.parse(message.content.toString())).toEqual({ payload: { text: 'schön' } });
    expect(message.fields).toMatchObject({ exchange, routingKey: 'build.linux64.1.started' });
    const { contentType, deliveryMode, persistent } = message.properties as typeof message.properties & {
      persistent?: boolean;
    };
    expect(contentType).toBe('application/json');
    // The wire knows a delivery mode; the broker in this process keeps the option's name.
    expect(deliveryMode === 2 || persistent === true).toBe(true);
    expect(await channel.get(queue, { noAck: true })).toBe(false);

    await channel.deleteExchange(exchange);
    await publisher.close();
  });
});
