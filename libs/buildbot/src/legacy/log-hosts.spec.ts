import { describe, expect, it } from '@jest/globals';
import { listLegacyLogHosts } from './log-hosts.js';

describe('legacyLogHosts', () => {
  it('are the usual ones without any URL', () => {
    expect(listLegacyLogHosts(undefined)).toEqual(['*', 'http://*.mozilla.org']);
  });

  it('include the hosts of web URLs only', () => {
    expect(
      listLegacyLogHosts('http://user:p@selfserve.example.com:8080/x', 'https://builders.example.com/y'),
    ).toEqual(['*', 'http://*.mozilla.org', 'http://selfserve.example.com', 'http://builders.example.com']);
    expect(listLegacyLogHosts('/builds/all.json', 'file:///builds/all.json', 'http://')).toHaveLength(2);
  });
});
