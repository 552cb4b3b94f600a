import { flag, hosts, patterns, secondsOrNone } from '../kinds.js';
import type { Settings } from '../setting.js';

// What of a build is published with its task.

export const artifacts: Settings['artifacts'] = {
  wait: {
    keys: ['artifacts.wait'],
    kind: secondsOrNone,
    default: 600,
    doc: 'Seconds after the end of a build for which its task waits for artifacts that cannot be stored; after that an error artifact stands in the place of each. 0 does not wait.',
  },
  withheldProperties: {
    keys: ['artifacts.withheld_properties'],
    kind: patterns,
    defaultDoc:
      'none: names with passw, passphrase, secret, token, credential, private_key, api_key, access_key, auth, ' +
      'authorization or cookie in them',
    example: '["token","^internal_"]',
    doc: 'Names of properties that are not published: regular expressions, found anywhere in a name, in either case; replaces the default.',
  },
  withholdSecrets: {
    keys: ['artifacts.withhold_secrets'],
    kind: flag,
    default: true,
    doc: 'Withhold properties whose values look like credentials: URLs with a password, keys, long random tokens.',
  },
  logHosts: {
    keys: ['artifacts.log_hosts'],
    kind: hosts,
    defaultDoc:
      'none: any host by https; by http mozilla.org with all below it, and the hosts of selfserve_url and builders_url',
    example: '["*.example.com","http://logs.example.com"]',
    doc: 'Hosts on which a log may be referred to, for https; with http:// before it a host is right for http too. *.example.com is the domain and all below it, * any host.',
  },
};
