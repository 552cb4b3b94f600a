#!/usr/bin/env bash
# @onify/fake-amqplib 3.7.0 (npm): after ack(message, allUpTo = true), nothing more can be acknowledged on the channel.
#
# Expected: as amqplib documents Channel#ack and as RabbitMQ behaves: with `allUpTo` the message and all older unsettled
# ones of the channel are acknowledged, and the channel goes on: the next message is acknowledged in the same way.
#
# Seen: the first ack with `allUpTo` does its work. Every later ack, nack or reject of the same channel, with `allUpTo` or
# without, throws "Cannot read properties of undefined (reading 'messages')", although the channel is open and tells of no
# error. A nack with `allUpTo` has the same effect. The fake looks for older messages with a temporary consumer on its
# book of unsettled messages; that book is deleted together with that consumer. A test of a consumer that acknowledges in
# batches passes with one batch and fails with two.
#
# Exit status: 0 as seen, 1 when this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @onify/fake-amqplib@3.7.0 smqp@14.0.0
cat > acks.mjs <<'JS'
import { FakeAmqplib } from '@onify/fake-amqplib';

/** Receives three messages on a new channel, settles the second by `settle`, and acknowledges the third. */
const tryThird = async (settle) => {
  const connection = await new FakeAmqplib().connect('amqp://localhost');
  const channel = await connection.createChannel();
  const events = [];
  for (const event of ['error', 'close']) channel.on(event, () => events.push(event));
  const { queue } = await channel.assertQueue('work');
  for (const text of ['first', 'second', 'third']) channel.sendToQueue(queue, Buffer.from(text));
  const messages = [];
  const received = new Promise((resolve) => {
    channel.consume(queue, (message) => messages.push(message) === 3 && resolve());
  });
  await received;
  settle(channel, messages);
  let outcome = 'acknowledged';
  try {
    channel.ack(messages[2]);
  } catch (error) {
    outcome = `${error.name}: ${error.message}`;
  }
  return [outcome, ...events].join(', ');
};

const one = await tryThird((channel, [first, second]) => {
  channel.ack(first);
  channel.ack(second);
});
const ack = await tryThird((channel, [, second]) => channel.ack(second, true));
const nack = await tryThird((channel, [, second]) => channel.nack(second, true, false));

console.log('third message after two single acks:     ', one);
console.log('third message after ack with allUpTo:    ', ack, '(expected: acknowledged)');
console.log('third message after nack with allUpTo:   ', nack, '(expected: acknowledged)');
const refusal = "TypeError: Cannot read properties of undefined (reading 'messages')";
const isAsSeen = one === 'acknowledged' && ack === refusal && nack === refusal;
console.log(isAsSeen ? 'as seen with @onify/fake-amqplib 3.7.0' : 'this has changed');
process.exitCode = isAsSeen ? 0 : 1;
JS
node acks.mjs
