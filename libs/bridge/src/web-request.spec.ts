import { describe, expect, it } from '@jest/globals';
import { webRequest } from './web-request.js';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('a web address', () => {
  it.each(['https://example.com', 'http://example.com:81/a%20b?c=d@e#f', 'https://example.com/u:p@x'])(
    'is left as it is without a user: %s',
    (address) => {
      expect(webRequest(address)).toEqual({ url: address, headers: {} });
    },
  );

  it.each([
    ['https://u:p@example.com/list', 'u:p'],
    ['https://u:p%40s%2Fs%C3%A9@example.com/list', 'u:p@s/sé'],
    ['https://u:p@ss@example.com/list', 'u:p@ss'],
    ['https://token@example.com/list', 'token:'],
    ['https://:p@example.com/list', ':p'],
    ['https://u:50%@example.com/list', 'u:50%'],
  ])('gives its user in a header: %s', (address, credentials) => {
    expect(webRequest(address)).toEqual({
      url: 'https://example.com/list',
      headers: { authorization: basic(credentials) },
    });
  });
});
