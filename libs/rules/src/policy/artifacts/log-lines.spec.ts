import { describe, expect, it } from '@jest/globals';
import { ArtifactPolicy } from './artifact-policy.js';

const WITHHELD = '[line withheld by the bridge]';
const OWN = 'c4n4ry-of-our-own';
const policy = new ArtifactPolicy({ stepLogBytes: 1000, ownSecrets: [OWN] });

describe('the log of a failed step', () => {
  it.each([
    ['a secret of the bridge', `connecting with ${OWN}`],
    ['a URL with a password', 'cloning https://bot:hunter2@hg.example.com/repo'],
    ['a telling assignment', 'export UPLOAD_PASSWORD=hunter2'],
    ['a telling key in JSON', '{"client_secret": "hunter2"}'],
    ['a header', 'Authorization: Basic Ym90Omh1bnRlcjI='],
    ['a token by its form', 'using ghp_abcdefghijklmnopqrstuv'],
  ])('is published without the line that has %s', (_, line) => {
    expect(policy.redactLog(`before\n${line}\nafter\n`)).toBe(`before\n${WITHHELD}\nafter\n`);
  });

  it('is published with ordinary lines', () => {
    const text = [
      'make: *** [Makefile:12: all] Error 2',
      'test_tokenizer.py::test_words FAILED  [ 12%]',
      'AssertionError: expected: 3, actual = 4',
      'checkout 4f6a1c0b9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a',
      '',
    ].join('\n');
    expect(policy.redactLog(text)).toBe(text);
  });

  it('is published without a key, from its first line to its last', () => {
    const key = ['-----BEGIN PRIVATE KEY-----', 'short', 'lines', '-----END PRIVATE KEY-----'];
    expect(policy.redactLog(`before\n${key.join('\n')}\nafter`)).toBe(
      `before\n${key.map(() => WITHHELD).join('\n')}\nafter`,
    );
  });

  it('is cut at its beginning, between two lines', () => {
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index} ä\n`).join('');
    const end = policy.redactLog(lines);
    expect(Buffer.byteLength(end)).toBeLessThanOrEqual(1000);
    expect(Buffer.byteLength(end)).toBeGreaterThan(980);
    expect(end).toMatch(/^\[the beginning is left out\]\nline \d+ ä\n/);
    expect(lines.endsWith(end.split('\n').slice(1).join('\n'))).toBe(true);
    // A single line that is too long leaves nothing.
    expect(policy.redactLog('x'.repeat(2000))).toBe('[the beginning is left out]\n');
  });

  it('is not published without a limit', () => {
    expect(new ArtifactPolicy().redactLog('text')).toBe('');
  });
});
