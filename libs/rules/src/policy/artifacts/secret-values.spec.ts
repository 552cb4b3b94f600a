import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { looksSecret } from './secret-values.js';

const AMOUNT = 5000;

/** Bytes that are the same in every run and look random. */
function bytes(count: number, seed: string): Buffer {
  const parts: Buffer[] = [];
  for (let have = 0; have < count; have += 64) {
    parts.push(createHash('sha512').update(`${seed}/${have}`).digest());
  }
  return Buffer.concat(parts).subarray(0, count);
}

function slug(seed: string): string {
  const uuid = bytes(16, seed);
  uuid[6] = (uuid[6]! & 0x0f) | 0x40;
  uuid[8] = (uuid[8]! & 0x3f) | 0x80;
  return uuid.toString('base64url');
}

function letters(count: number, seed: string, alphabet: string): string {
  return [...bytes(count, seed)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

describe('ids of tasks', () => {
  const QUEUE = 'https://queue.taskcluster.net/v1/task';
  const ROOT = 'https://firefox-ci-tc.services.mozilla.com';
  const forms: ((one: string, other: string) => string)[] = [
    (one) => `${QUEUE}/${one}/artifacts/public/build`,
    (one) => `${QUEUE}/${one}/runs/0/artifacts/public/build/firefox-50.0a1.en-US.linux-x86_64.tar.bz2`,
    (one) => `${QUEUE}/${one}/artifacts/public%2Fbuild%2Ftarget.tests.zip`,
    (one) => `${ROOT}/api/queue/v1/task/${one}/runs/1/artifacts/public/logs/live_backing.log`,
    (one) => `${ROOT}/tasks/${one}/runs/0/logs/public/logs/live.log`,
    (one, other) => `${ROOT}/tasks/groups/${one}/tasks/${other}`,
    (one, other) => `https://tools.taskcluster.net/groups/${one}/tasks/${other}/runs/0/artifacts`,
    (one) => `https://tools.taskcluster.net/task-inspector/#${one}/0`,
    (one, other) => `https://tools.taskcluster.net/push-inspector/#/${one}/${other}?view=details`,
    (one) => `https://public-artifacts.taskcluster.net/${one}/0/public/build/en-US/target.complete.mar`,
    (one, other) => `https://treeherder.mozilla.org/jobs?parentTaskGroupId=${one}&selectedTaskRun=${other}.0`,
    (one, other) => `${one}/${other}`,
  ];

  it.each(forms.map((form) => [form('SLUG', 'SLUG'), form] as const))('are published: %s', (_name, form) => {
    const values = Array.from({ length: AMOUNT }, (_, index) => form(slug(`a${index}`), slug(`b${index}`)));
    expect(values.filter(looksSecret)).toEqual([]);
  });
});

describe('credentials', () => {
  const forms: Record<string, (seed: string) => string> = {
    'a Taskcluster access token': (seed) => bytes(33, seed).toString('base64url'),
    'a shorter one': (seed) => bytes(32, seed).toString('base64url'),
    'an AWS access key': (seed) => `AKIA${letters(16, seed, UPPER)}`,
    'an AWS secret key': (seed) => bytes(30, seed).toString('base64'),
    'a key in base64': (seed) => bytes(32, seed).toString('base64'),
    'a GitHub token': (seed) => `ghp_${letters(36, seed, LETTERS)}`,
    'a GitLab token': (seed) => `glpat-${letters(20, seed, LETTERS)}`,
    'a JSON web token': (seed) => {
      const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      return `${json({ alg: 'HS256' })}.${json({ sub: seed })}.${bytes(32, seed).toString('base64url')}`;
    },
  };
  const places: Record<string, (credential: string) => string> = {
    alone: (credential) => credential,
    'in a sentence': (credential) => `signed in as x with ${credential}, which works`,
    'as a password': (credential) => `https://user:${encodeURIComponent(credential)}@hg.example.com/repo`,
    'as a user': (credential) => `https://${encodeURIComponent(credential)}@github.com/x/y.git`,
    'in a parameter': (credential) => `https://example.com/v1/get?id=7&x=${encodeURIComponent(credential)}`,
    'in a parameter as it is': (credential) => `https://example.com/v1/get?x=${credential}`,
  };
  const cases = Object.entries(forms).flatMap(([form, create]) =>
    Object.entries(places).map(([place, write]) => [`${form} ${place}`, create, write] as const),
  );

  it.each(cases)('are withheld: %s', (_name, create, write) => {
    const values = Array.from({ length: AMOUNT }, (_, index) => write(create(`${index}`)));
    expect(values.filter(looksSecret).length).toBeGreaterThanOrEqual(0.99 * AMOUNT);
  });

  it('are withheld when the name of a parameter shows that they are credentials', () => {
    expect(looksSecret('https://example.com/?access_token=4f4e7b2d7bbd8ee6')).toBe(true);
    expect(looksSecret('https://example.com/?token=none')).toBe(false);
    expect(looksSecret('https://example.com/?revision=4f4e7b2d7bbd8ee6')).toBe(false);
  });

  it('are withheld anywhere in a long text', () => {
    const words = 'mozilla-central debug build '.repeat(10_000);
    expect(looksSecret(words)).toBe(false);
    expect(looksSecret(`${words} ${bytes(33, 'x').toString('base64url')}`)).toBe(true);
  });
});
