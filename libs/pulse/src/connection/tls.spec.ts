import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from '@jest/globals';
import { makeCertificates } from '../../../../test/support/certificates.js';
import { findRabbitmqAddress } from '../../../../test/support/rabbitmq.js';
import { canStart, describeWhere, isReachable, SERVERS } from '../../../../test/support/servers.js';
import { useUndo } from '../../../../test/support/undo.js';
import { openConnection } from './open-connection.js';
import { TcpProxy } from '../../../../test/support/doubles/tcp-proxy.js';

describeWhere(isReachable('rabbitmq') && canStart('openssl'))('TLS to RabbitMQ', () => {
  const undo = useUndo();
  let ca: string;
  let proxy: TcpProxy;

  beforeAll(async () => {
    const made = await makeCertificates(await undo.makeFolder());
    ca = await readFile(made.ca, 'utf8');
    proxy = await TcpProxy.start(SERVERS.rabbitmq.url, {
      key: await readFile(made.key, 'utf8'),
      cert: await readFile(made.cert, 'utf8'),
    });
    undo.push(() => proxy.stop());
  });

  async function connectWith(settings: { host?: string; tlsVerify?: boolean; ca?: string }): Promise<void> {
    const model = await openConnection({
      connection: {
        ...findRabbitmqAddress(),
        host: 'localhost',
        port: proxy.port,
        tls: true,
        tlsVerify: true,
        heartbeat: 30,
        reconnectMin: 1,
        reconnectMax: 1,
        ...settings,
      },
      prefetch: 1,
      subscriptions: [],
      parking: { firstDelay: 1, maxDelay: 1, attempts: 1, interval: 1, reservation: 60 },
    });
    await model.close();
  }

  it('accepts a certificate of a trusted authority', async () => {
    await expect(connectWith({ ca })).resolves.toBeUndefined();
  });

  it('refuses a certificate of an unknown authority', async () => {
    await expect(connectWith({})).rejects.toThrow(/certificate/);
  });

  it('refuses a certificate for another name', async () => {
    await expect(connectWith({ ca, host: '127.0.0.1' })).rejects.toThrow(/altnames/);
  });

  it('accepts any certificate when verification is off', async () => {
    await expect(connectWith({ tlsVerify: false })).resolves.toBeUndefined();
  });
});
