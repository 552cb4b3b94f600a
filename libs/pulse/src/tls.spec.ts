import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rabbitmqAddress } from '../../../test/support/rabbitmq.js';
import { isReachable } from '../../../test/support/servers.js';
import { openConnection } from './options.js';
import { TcpProxy } from './testing/tcp-proxy.js';

const run = promisify(execFile);

describe.each(isReachable('rabbitmq') ? ['RabbitMQ'] : [])('TLS to %s', () => {
  let folder: string;
  let ca: string;
  let proxy: TcpProxy;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-'));
    const file = (name: string) => join(folder, name);
    const key = ['-newkey', 'rsa:2048', '-nodes', '-subj'];
    await run('openssl', [
      'req',
      '-x509',
      ...key,
      '/CN=test authority',
      '-keyout',
      file('ca.key'),
      '-out',
      file('ca.pem'),
    ]);
    await run('openssl', [
      'req',
      ...key,
      '/CN=localhost',
      '-keyout',
      file('key.pem'),
      '-out',
      file('csr.pem'),
    ]);
    await writeFile(file('names'), 'subjectAltName=DNS:localhost');
    await run('openssl', [
      ...['x509', '-req', '-in', file('csr.pem'), '-CA', file('ca.pem'), '-CAkey', file('ca.key')],
      ...['-CAcreateserial', '-extfile', file('names'), '-out', file('cert.pem')],
    ]);
    ca = await readFile(file('ca.pem'), 'utf8');
    proxy = new TcpProxy(rabbitmqAddress(), {
      key: await readFile(file('key.pem'), 'utf8'),
      cert: await readFile(file('cert.pem'), 'utf8'),
    });
    await proxy.up();
  });

  afterAll(async () => {
    await proxy?.down();
    await rm(folder, { recursive: true, force: true });
  });

  async function connectWith(settings: { host?: string; tlsVerify?: boolean; ca?: string }): Promise<void> {
    const model = await openConnection({
      connection: {
        ...rabbitmqAddress(),
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

  it('accepts any certificate when told not to verify', async () => {
    await expect(connectWith({ tlsVerify: false })).resolves.toBeUndefined();
  });
});
