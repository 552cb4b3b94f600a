import { flag, hosts, patterns, secondsOrNone, createWholeNumber } from '../kinds.js';
import type { Settings } from '../setting.js';

// Which data of a build is published with its task.

export const artifacts: Settings['artifacts'] = {
  wait: {
    keys: ['artifacts.wait'],
    kind: secondsOrNone,
    default: 600,
    doc: 'Maximum seconds after the end of a build to wait for artifacts that cannot be stored; then each is replaced by an error artifact. 0 for no wait.',
  },
  withheldProperties: {
    keys: ['artifacts.withheld_properties'],
    kind: patterns,
    defaultDoc:
      'none: withhold names that contain passw, passphrase, secret, token, credential, private_key, api_key, access_key, ' +
      'auth, authorization or cookie',
    example: '["token","^internal_"]',
    doc: 'Regular expressions for the names of properties that are not published; each matches anywhere in a name and ignores case. A list replaces the default.',
  },
  withholdSecrets: {
    keys: ['artifacts.withhold_secrets'],
    kind: flag,
    default: true,
    doc: 'Withhold properties whose values look like credentials: URLs with a password, keys, long random tokens.',
  },
  stepLogBytes: {
    keys: ['artifacts.step_log_bytes'],
    kind: createWholeNumber(0, 16 * 1024 * 1024),
    default: 0,
    doc: 'Maximum bytes of the log of the failed step that are published with a task of modern Buildbot: the end of the log, without what may be a credential and without the environment. 0 publishes no log.',
  },
  logHosts: {
    keys: ['artifacts.log_hosts'],
    kind: hosts,
    defaultDoc:
      'none: any host with https; with http only mozilla.org, its subdomains, and the hosts of selfserve_url and builders_url',
    example: '["*.example.com","http://logs.example.com"]',
    doc: 'Hosts to which a link to a build log may lead, with https; prefix a host with http:// to allow http too. *.example.com is the domain and its subdomains, * is any host.',
  },
};
