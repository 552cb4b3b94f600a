/** Packages for what a bridge does not use of Nest; none of them is installed. */
export const ABSENT = [
  '@nats-io/transport-node',
  '@nestjs/websockets',
  'amqp-connection-manager',
  'class-transformer',
  'class-validator',
  'ioredis',
  'kafkajs',
  'mqtt',
];
