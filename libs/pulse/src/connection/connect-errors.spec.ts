import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { describeWhere, isReachable, SERVERS } from '../../../../test/support/servers.js';
import { explainConnectErrors } from './connect-errors.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function findReason(url: string): Promise<string> {
  return explainConnectErrors(() => connect(url)).then(
    () => 'connected',
    (error: Error) => error.message,
  );
}

describe('an attempt to connect', () => {
  it('to a server that is not a broker names the settings', async () => {
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => server!.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    expect(await findReason(`amqp://user:password@127.0.0.1:${port}`)).toMatch(
      /does not speak AMQP .*pulse_port/,
    );
    expect(await findReason(`amqps://user:password@127.0.0.1:${port}`)).toMatch(
      /does not speak TLS .*pulse_ssl/,
    );
  });

  it('passes on an error without a known remedy', async () => {
    const error = new Error('no such broker');
    await expect(explainConnectErrors(() => Promise.reject(error))).rejects.toBe(error);
  });

  describeWhere(isReachable('rabbitmq'))('to RabbitMQ', () => {
    const changed = (change: (url: URL) => void) => {
      const url = new URL(SERVERS.rabbitmq.url);
      change(url);
      return url.href;
    };

    it('says that the password is wrong', async () => {
      const url = changed((url) => (url.password = 'wrong'));
      expect(await findReason(url)).toMatch(/^user or password refused; check pulse_user/);
    });

    it('says that the virtual host is wrong', async () => {
      const url = changed((url) => (url.pathname = '/there-is-no-such-host'));
      expect(await findReason(url)).toMatch(/^virtual host refused; check pulse_vhost.*connection limit/);
    });
  });
});
