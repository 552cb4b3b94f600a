import { describe, expect, it } from '@jest/globals';
import { JsonBody } from '../large-json/json-body.js';
import { type Question, readAnswer, toNotReached } from './answers.js';

const answer = (status: number, body: string, contentType = 'application/json; charset=utf-8') => ({
  status,
  headers: { 'content-type': contentType },
  body,
});

function read(question: Question, { body, ...head }: ReturnType<typeof answer>): unknown {
  const json = new JsonBody();
  json.push(Buffer.from(body));
  return readAnswer(question, head, json);
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('readAnswer', () => {
  it('returns the JSON of an answer, and undefined for one without content', () => {
    expect(read({ method: 'status' }, answer(200, '{"status":1}'))).toEqual({ status: 1 });
    expect(read({ method: 'finishArtifact' }, answer(204, '', ''))).toBeUndefined();
  });

  it('keeps the first line of a refusal, up to a maximum length', () => {
    const message = `${'x'.repeat(400)}\n\n---\n\n* method: claimTask`;
    const body = JSON.stringify({ code: 'RequestConflict', message });
    expect(thrownBy(() => read({ method: 'claimTask' }, answer(409, body)))).toMatchObject({
      name: 'Refused',
      status: 409,
      code: 'RequestConflict',
      message: `409 RequestConflict to claimTask: ${'x'.repeat(300)}`,
    });
  });

  it.each([
    ['a code that is none', answer(500, '{"code":"<script>"}')],
    ['a page', answer(500, '<html>', 'text/html')],
    ['half a JSON', answer(500, '{"code":')],
    ['JSON null', answer(500, 'null')],
  ])('does not repeat %s', (_, given) => {
    expect(thrownBy(() => read({ method: 'status' }, given))).toMatchObject({
      name: 'Unavailable',
      message: '500 without error code to status',
    });
  });
});

describe('toNotReached', () => {
  it("contains the network's error code", () => {
    const error = Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
    expect(toNotReached('x', 'status', error)).toMatchObject({
      name: 'Unavailable',
      system: 'x',
      message: 'no answer to status: timeout',
    });
  });

  it('passes a mistake of the bridge through', () => {
    const mistake = new TypeError('no method claim with 3 parameters');
    expect(toNotReached('x', 'status', mistake)).toBe(mistake);
  });
});
