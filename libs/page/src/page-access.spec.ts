import { describe, expect, it } from '@jest/globals';
import { type ExecutionContext, ForbiddenException, NotFoundException } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import { PageAccess } from './page-access.js';

type Access = Configuration['page']['access'];

function ask(access: Access, address: string, host: string) {
  const headers = new Map<string, string>();
  const http = {
    getRequest: () => ({ headers: { host } }),
    getResponse: () => ({ setHeader: (name: string, value: string) => headers.set(name, value) }),
  };
  const guard = new PageAccess({ page: { access }, http: { host: address, port: 8083 } });
  guard.canActivate({ switchToHttp: () => http } as unknown as ExecutionContext);
  return headers;
}

describe('who may read the page', () => {
  it.each<[Access, string, string]>([
    ['loopback', '127.0.0.1', '127.0.0.1:8083'],
    ['loopback', '127.0.0.1', 'localhost:8083'],
    ['loopback', '::1', '[::1]:8083'],
    ['on', '127.0.0.1', 'ci.example.com'],
    ['on', '0.0.0.0', 'ci.example.com'],
  ])('with %s at address %s, who asks for %s', (access, address, host) => {
    expect(ask(access, address, host).get('Content-Security-Policy')).toContain("default-src 'none'");
  });

  it.each<[Access, string, string]>([
    ['off', '127.0.0.1', '127.0.0.1:8083'],
    ['loopback', '0.0.0.0', '127.0.0.1:8083'],
    ['loopback', '192.0.2.7', '127.0.0.1:8083'],
  ])('with %s at address %s there is none', (access, address, host) => {
    expect(() => ask(access, address, host)).toThrow(NotFoundException);
  });

  it.each(['ci.example.com', '127.0.0.1.example.com:8083', 'localhost.example.com', ''])(
    'nobody under the name %j, if it is for this machine only',
    (host) => {
      expect(() => ask('loopback', '127.0.0.1', host)).toThrow(ForbiddenException);
    },
  );
});
