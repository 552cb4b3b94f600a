import { describe, expect, it } from '@jest/globals';
import { Redactor } from './redactor.js';

const SECRET = 'p"ä ss/word';
const redactor = new Redactor([SECRET, 'guest', `${SECRET}-longer`]);

describe('Redactor', () => {
  it('finds a secret in plain text, escaped in JSON and encoded in a URL', () => {
    expect(redactor.text(`<${SECRET}>`)).toBe('<[secret]>');
    expect(redactor.text(JSON.stringify({ a: SECRET }))).toBe('{"a":"[secret]"}');
    expect(redactor.text(`https://u:${encodeURIComponent(SECRET)}@h`)).toBe('https://u:[secret]@h');
  });

  it('leaves nothing of a secret that contains another', () => {
    expect(redactor.text(`${SECRET}-longer`)).toBe('[secret]');
  });

  it('changes texts and names in the JSON of a body, however they are escaped', () => {
    const escaped = [...SECRET].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    expect(redactor.body(`{"a": ["x${escaped}", 17, {"k${escaped}": null}]}`)).toBe(
      '{"a": ["x[secret]", 17, {"k[secret]": null}]}',
    );
  });

  it.each(['{"a" : 1.0, "a": "guests", "big": 12345678901234567890}', 'no JSON', '[guest', ''])(
    'does not change %j',
    (body) => {
      expect(redactor.body(body)).toBe(body);
    },
  );

  it('treats a body that is not JSON as text', () => {
    expect(redactor.body(`{"broken": "${SECRET}`)).toBe('{"broken": "[secret]');
  });

  it('leaves no beginning of a secret where the end of a text was cut off', () => {
    const long = new Redactor(['abcdefghijklmnop', 'guest']);
    expect(long.body('{"x": "abcdefghijklmno')).toBe('{"x": "[secret]');
    expect(long.body('{"x": "abcdefgh')).toBe('{"x": "[secret]');
    expect(long.body('{"x": "abcdefg')).toBe('{"x": "abcdefg');
    expect(long.body('{"x": "abcdefgh"')).toBe('{"x": "abcdefgh"');
  });

  it('hides a short secret only when it is the whole text', () => {
    expect(redactor.body('{"user":"guest","note":"a guest"}')).toBe('{"user":"[secret]","note":"a guest"}');
    expect(new Redactor(['12345']).body('{"id":12345}')).toBe('{"id":12345}');
  });

  it('survives JSON that is nested too deep to read', () => {
    const deep = '['.repeat(500_000);
    expect(redactor.body(deep)).toBe(deep);
  });

  it('hides learned secrets in plain text, in URLs, and at the end of a truncated text', () => {
    const learning = new Redactor(['configured']);
    learning.learn('token/of+a=run');
    expect(learning.text('token/of+a=run, configured')).toBe('[secret], [secret]');
    expect(learning.body('{"url":"https://h/?bewit=token%2Fof%2Ba%3Drun"}')).toBe(
      '{"url":"https://h/?bewit=[secret]"}',
    );
    expect(learning.body('{"error": "token/of+a=')).toBe('{"error": "[secret]');
  });

  it('works on a large body in slices, and finds the same', async () => {
    const learning = new Redactor([SECRET, 'guest']);
    learning.learn('token-of-a-run');
    const items = Array.from({ length: 20_000 }, (_, index) => {
      const odd = [
        `"guest"`,
        `"a\\n${'x'.repeat(40)}"`,
        JSON.stringify(`<${SECRET}>`),
        '"token-of-a-run-2"',
        '17',
      ];
      return odd[index % odd.length];
    });
    const body = `[${items.join(',')}]`;
    const slices: number[] = [];
    const clean = await learning.largeBody(body, async (work) => void slices.push(work));
    expect(clean).toBe(learning.body(body));
    expect(clean).not.toContain('token-of-a-run');
    expect(JSON.parse(clean).slice(0, 5)).toEqual([
      '[secret]',
      `a\n${'x'.repeat(40)}`,
      '<[secret]>',
      '[secret]-2',
      17,
    ]);
    expect(slices.length).toBeGreaterThan(15);
    expect(Math.max(...slices)).toBeLessThan(70_000);
  });
});
