import { describe, expect, it } from '@jest/globals';
import { configurationOf } from './testing/configurations.js';
import { listSecrets } from './secrets.js';

const TOKEN = 'q7Zp0aXn4RsT2vWy6bKdLm';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const secretsWith = (environment: Record<string, string>) =>
  listSecrets(configurationOf('tc-listener', environment));

const VARIABLES = ['BBB_SCHEDULER_DB_URL', 'BBB_BRIDGE_DB_URL', 'BBB_SELF_SERVE_URL', 'BBB_BUILDERS_URL'];

describe('the secrets of a configuration', () => {
  it('are known as written and decoded', () => {
    const secrets = secretsWith({
      TASKCLUSTER_CERTIFICATE: JSON.stringify({ version: 1, signature: 'signed-with-this' }),
      BBB_PULSE_PASSWORD: 'pulse+pass',
      BBB_BRIDGE_DB_URL: 'mysql://bridge:db%40pass@h/d',
    });
    expect(secrets).toEqual(
      expect.arrayContaining([
        'token-of-2018',
        'pulse+pass',
        'db%40pass',
        'db@pass',
        'scheduler-secret',
        'signed-with-this',
      ]),
    );
  });

  it.each([...VARIABLES, 'TASKCLUSTER_ROOT_URL'])('are in %s', (variable) => {
    const scheme = variable.includes('_DB_') ? 'mysql' : 'https';
    const secrets = secretsWith({ [variable]: `${scheme}://bridge:pass%40word@db.example.com/x` });
    expect(secrets).toEqual(expect.arrayContaining(['pass%40word', 'pass@word']));
    expect(secrets).not.toContain('bridge');
  });

  it.each([
    ['mysql://u:hidden@h/d?mail=a@b', 'hidden'],
    ['postgresql://u:hid@den@h/d', 'hid@den'],
    ['mysql://u:hid:den@h/d', 'hid:den'],
    ['mysql://:hidden@h/d', 'hidden'],
    ['mysql+mysqldb://u:50%25hidden@h/d', '50%hidden'],
  ])('are separated from the rest of %s', (url, secret) => {
    expect(secretsWith({ BBB_BRIDGE_DB_URL: url })).toContain(secret);
  });

  it.each(['BBB_SELF_SERVE_URL', 'BBB_BUILDERS_URL'])('are in %s as they are sent', (variable) => {
    expect(secretsWith({ [variable]: 'https://bridge:pass%40word@example.com/x' })).toContain(
      base64('bridge:pass@word'),
    );
    const alone = secretsWith({ [variable]: `https://${TOKEN}@example.com/x` });
    expect(alone).toEqual(expect.arrayContaining([TOKEN, base64(`${TOKEN}:`)]));
  });

  it('do not include user names and addresses', () => {
    const usual = secretsWith({});
    const more = secretsWith({
      BBB_SELF_SERVE_URL: 'https://buildbot-bridge@example.com/x',
      BBB_BUILDERS_URL: 'https://example.com/a:b@c',
    });
    expect(more.filter((secret) => !usual.includes(secret))).toEqual(
      expect.not.arrayContaining(['buildbot-bridge', 'example.com']),
    );
  });
});
