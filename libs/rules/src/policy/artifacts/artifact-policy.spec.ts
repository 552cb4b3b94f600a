import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { listLegacyLogHosts } from '../../../../buildbot/src/legacy/log-hosts.js';
import { ArtifactPolicy, type BuildProperty, LARGEST_PROPERTIES, WITHHELD } from './artifact-policy.js';

const policy = new ArtifactPolicy({ logHosts: listLegacyLogHosts() });
const OURS = 'c4n4ry-of-our-own';
const QUOTED = 'pass"word\\ä';

const published = (given: BuildProperty[], by = policy) =>
  JSON.parse(by.selectProperties(given).content) as Record<string, [unknown, string]>;

/** Whether a property of this value, under a name that tells nothing, is published. */
const passes = (value: unknown, by = policy) =>
  by.selectProperties([['comment', value, 'Change']]).withheld.length === 0;

describe('properties.json', () => {
  it('has name -> [value, source]; of equal names the last one counts', () => {
    const given: BuildProperty[] = [
      ['a', 1, 'x'],
      ['__proto__', { b: [true, null] }, 'y'],
      ['a', 2, 'z'],
    ];
    expect(policy.selectProperties(given)).toEqual({
      content: '{"a":[2,"z"],"__proto__":[{"b":[true,null]},"y"]}',
      withheld: [],
    });
  });

  it.each([
    'password',
    'MYSQL_PASSWD',
    'passphrase',
    'clientSecret',
    'github-token',
    'awsCredentials',
    'private_key',
    'privateKey',
    'apikey',
    'access_key_id',
    'auth',
    'ftp_auth',
    'Authorization',
    'cookies',
  ])('names %s, and withholds its value', (name) => {
    expect(policy.selectProperties([[name, 'x', 'Change']])).toEqual({
      content: JSON.stringify({ [name]: [null, WITHHELD] }),
      withheld: [name],
    });
  });

  it.each(['author', 'authority', 'branch', 'passed', 'buildername', 'log_url', 'taskId', 'request_ids'])(
    'publishes %s',
    (name) => {
      expect(policy.selectProperties([[name, 'x', 'Change']]).withheld).toEqual([]);
    },
  );

  it('checks inside values', () => {
    expect(passes({ outer: [{ password: 'x' }] })).toBe(false);
    expect(passes({ outer: [{ pass: 'x' }] })).toBe(true);
    expect(passes(['fine', 'https://u:p@h/'])).toBe(false);
  });

  it('does not publish values nested deeper than it checks', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 5000; level++) deep = [deep];
    expect(passes(deep)).toBe(false);
  });

  it('uses the configured names instead of its own, and publishes values that look like secrets when so configured', () => {
    const other = new ArtifactPolicy({ withheldProperties: ['^internal_'], withholdSecrets: false });
    const given: BuildProperty[] = [
      ['internal_host', 'x', 's'],
      ['token', 'https://u:p@h/', 's'],
    ];
    expect(other.selectProperties(given).withheld).toEqual(['internal_host']);
  });

  it('never publishes a credential of the bridge, whatever the settings', () => {
    const by = new ArtifactPolicy({
      withheldProperties: [],
      withholdSecrets: false,
      ownSecrets: [OURS, QUOTED, 'guest'],
    });
    const given: BuildProperty[] = [
      ['value', `x${OURS}x`, 's'],
      ['nested', { deep: [{ [`k${OURS}`]: 1 }] }, 's'],
      ['source', 1, OURS],
      [`name ${OURS}`, 1, 's'],
      ['within JSON', JSON.stringify({ a: QUOTED }), 's'],
      ['within a URL', `x?${encodeURIComponent(QUOTED)}`, 's'],
      ['short', 'guest', 's'],
      ['word', 'guests are fine', 's'],
    ];
    const { content, withheld } = by.selectProperties(given);
    expect(content).not.toContain(OURS);
    expect(withheld).toEqual(['value', 'nested', 'source', 'within JSON', 'within a URL', 'short']);
    expect(published(given, by)).toMatchObject({ word: ['guests are fine', 's'], short: [null, WITHHELD] });
  });

  it('withholds the largest values until the rest fits, and names them', () => {
    const given: BuildProperty[] = [
      ['small', 'x', 's'],
      ['large', 'é'.repeat(100_000), 's'],
      ['larger', 'y'.repeat(210_000), 's'],
      ['medium', 'z'.repeat(50_000), 's'],
    ];
    const { content, withheld } = policy.selectProperties(given);
    expect(withheld).toEqual(['larger']);
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(LARGEST_PROPERTIES);
    expect(Object.keys(published(given))).toEqual(['small', 'large', 'larger', 'medium']);
  });

  it('publishes a value of exactly the limit, and withholds one that is a byte longer', () => {
    const frame = '{"a":["","s"]}'.length;
    const of = (length: number) => policy.selectProperties([['a', 'x'.repeat(length), 's']]);
    expect(Buffer.byteLength(of(LARGEST_PROPERTIES - frame).content)).toBe(LARGEST_PROPERTIES);
    expect(of(LARGEST_PROPERTIES - frame + 1).withheld).toEqual(['a']);
  });

  it('publishes only the number of properties when their names alone are too large', () => {
    const given = Array.from({ length: 3000 }, (_, index): BuildProperty => [`${index}`.repeat(100), 1, 's']);
    expect(published(given)).toEqual({ properties: [3000, WITHHELD] });
  });
});

describe('values that look like credentials', () => {
  it.each([
    ['a password in a URL', 'see https://somebody:hunter2@hg.example.com/x'],
    ['a token as the user', 'https://x0x0x0@github.com/'],
    ['a database URL', 'mysql://u:p@h/d'],
    ['a key', 'x\n-----BEGIN RSA PRIVATE KEY-----\nMIIE'],
    ['an AWS key', 'AKIAIOSFODNN7EXAMPLE'],
    ['a GitHub token', 'ghp_0123456789abcdefABCDEF0123456789abcd'],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x'],
    ['a header', 'Authorization: Bearer abcdefghijklmnop'],
  ])('are withheld: %s', (_what, value) => {
    expect(passes(value)).toBe(false);
  });

  it('are withheld: access tokens of Taskcluster, old and new', () => {
    const random = (length: number, seed: number) => {
      let state = seed;
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
      return Array.from({ length }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return letters[(state >>> 16) % 64];
      }).join('');
    };
    const tokens = Array.from({ length: 500 }, (_, index) => random(index % 2 ? 43 : 44, index + 1));
    expect(tokens.filter((token) => passes(`token=${token}`)).length).toBeLessThanOrEqual(5);
  });

  it.each([
    ['a revision', '4f4e7b2d7bbd8ee6ac8d1ce2ba5ce6d5c0d3c3a2'],
    ['a SHA-512', 'a1b2c3d4'.repeat(16)],
    ['a UUID', '123e4567-e89b-12d3-a456-426614174000'],
    ['a task id', 'f3DnVpRsTLWrQ2Q2Q2Q2Qg'],
    ['a builder', 'WINNT 5.2 mozilla-central leak test build'],
    ['a builder in one word', 'Linux_x86-64_mozilla-central_Debug_Build_Tests_Nightly'],
    ['a class', 'ApplicationIniFileLocationInSourceTreeOfMozilla'],
    ['a repository', 'ssh://ffxbld@hg.mozilla.org/releases/mozilla-beta'],
    [
      'a log',
      'http://archive.mozilla.org/pub/firefox/tinderbox-builds/oak-linux64/1400000000/oak-linux64-bm70-build1-build105.txt.gz',
    ],
    ['an address', 'somebody@example.com'],
    ['a file', 'firefox-33.0a1.en-US.linux-x86_64.crashreporter-symbols.zip'],
  ])('are not: %s', (_what, value) => {
    expect(passes(value)).toBe(true);
  });
});

describe('recorded builds', () => {
  const folder = new URL('../../../../../test/fixtures/buildbot/pulse/', import.meta.url);
  const builds = readdirSync(folder)
    .filter((name) => /^(log_uploaded|finished)/.test(name))
    .map((name) => {
      const { payload } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
        payload: { build?: { properties?: [string, unknown, string][] } };
      };
      return [name, payload.build?.properties ?? []] as const;
    });

  it.each(builds)('%s is published unchanged, with its log', (_name, properties) => {
    expect(properties.length).toBeGreaterThan(0);
    expect(policy.selectProperties(properties).withheld).toEqual([]);
    const url = properties.find(([name]) => name === 'log_url')?.[1];
    if (typeof url === 'string') expect(policy.logUrl(url).url).toBe(url);
  });
});

describe('the URL of a log', () => {
  it('may have any host with https and none with http by default', () => {
    const unset = new ArtifactPolicy();
    expect(unset.logUrl('https://logs.example.com/x').url).toBe('https://logs.example.com/x');
    expect(unset.logUrl('http://archive.mozilla.org/x').url).toBeUndefined();
  });

  it.each([
    ['https://logs.example.com/x?y#z', 'https://logs.example.com/x?y#z'],
    ['https://logs.example.com:8443/x', 'https://logs.example.com:8443/x'],
    ['http://archive.mozilla.org/x', 'http://archive.mozilla.org/x'],
    ['HTTP://MOZILLA.ORG/x', 'http://mozilla.org/x'],
  ])('%s is published', (given, expected) => {
    expect(policy.logUrl(given).url).toBe(expected);
  });

  it.each([
    ['nothing', null],
    ['no address', 'build.txt.gz'],
    ['an unnamed host by http', 'http://logs.example.com/x'],
    ['a host that only ends alike', 'http://notmozilla.org/x'],
    ['a host within another', 'http://mozilla.org.example.com/x'],
    ['a user', 'https://u@logs.example.com/'],
    ['a password', 'https://:p@logs.example.com/'],
    ['an IPv4 address', 'https://192.0.2.1/'],
    ['an IPv4 address as a number', 'https://3221225985/'],
    ['an IPv4 address in octal', 'https://0300.0.2.1/'],
    ['an IPv4 address with a dot', 'https://192.0.2.1./'],
    ['an IPv6 address', 'https://[2001:db8::1]/'],
    ['this machine', 'https://localhost/'],
    ['a script', 'javascript:alert(1)//mozilla.org'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:text/html,x'],
    ['a long one', `https://logs.example.com/${'x'.repeat(2048)}`],
  ])('is not published: %s', (_what, given) => {
    expect(policy.logUrl(given).url).toBeUndefined();
  });

  it.each([
    ['logs.example.com', 'https://logs.example.com/', true],
    ['logs.example.com', 'https://LOGS.example.com./', true],
    ['logs.example.com', 'http://logs.example.com/', false],
    ['logs.example.com', 'https://x.logs.example.com/', false],
    ['*.example.com', 'https://x.logs.example.com/', true],
    ['*.example.com', 'https://example.com/', true],
    ['*.example.com', 'https://example.com.evil.org/', false],
    ['http://logs.example.com', 'http://logs.example.com/', true],
    ['http://logs.example.com', 'https://logs.example.com/', true],
    ['https://logs.example.com', 'http://logs.example.com/', false],
    ['http://*', 'http://logs.example.com/', true],
    ['localhost', 'https://localhost/', true],
  ])('with the host %s: %s is %s', (host, url, isFine) => {
    expect(new ArtifactPolicy({ logHosts: [host] }).logUrl(url).url !== undefined).toBe(isFine);
  });

  it('may have an IP address that is configured', () => {
    const by = new ArtifactPolicy({
      logHosts: listLegacyLogHosts('http://192.0.2.1:8080/self-serve', 'https://[2001:db8::1]/builders'),
    });
    expect(by.logUrl('http://192.0.2.1/x').url).toBe('http://192.0.2.1/x');
    expect(by.logUrl('https://[2001:db8::1]/x').url).toBe('https://[2001:db8::1]/x');
    expect(by.logUrl('http://192.0.2.2/x').rule).toBe('IP address is not in artifacts.log_hosts');
    expect(new ArtifactPolicy({ logHosts: ['*.2.1'] }).logUrl('https://192.0.2.1/').url).toBeUndefined();
  });

  it.each([
    [null, 'no URL'],
    ['build.txt.gz', 'not a URL'],
    [`https://logs.example.com/${'x'.repeat(2048)}`, 'longer than 2048 characters'],
    ['file:///etc/passwd', 'scheme is not http or https'],
    ['https://u@logs.example.com/', 'contains a user or password'],
    ['https://192.0.2.1/', 'IP address is not in artifacts.log_hosts'],
    ['https://localhost/', 'host is not in artifacts.log_hosts'],
    ['http://logs.example.com/', 'host is in artifacts.log_hosts for https only'],
    [`https://logs.example.com/${OURS}`, 'contains a secret of the bridge'],
  ])('is withheld with the name of the rule: %s', (given, rule) => {
    expect(new ArtifactPolicy({ ownSecrets: [OURS] }).logUrl(given)).toEqual({ rule });
  });

  it('contains no credential of the bridge', () => {
    const by = new ArtifactPolicy({ ownSecrets: [OURS, 'pass word'] });
    expect(by.logUrl(`https://logs.example.com/?x=${OURS}`).url).toBeUndefined();
    expect(
      new ArtifactPolicy({ ownSecrets: ['secret word'] }).logUrl('https://l.example.com/secret%20word').url,
    ).toBeUndefined();
    expect(by.logUrl('https://logs.example.com/100%').url).toBe('https://logs.example.com/100%');
  });
});
