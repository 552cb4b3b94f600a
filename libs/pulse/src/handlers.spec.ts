import { describe, expect, it } from '@jest/globals';
import type { MessageHandler } from '@nestjs/microservices';
import { of, throwError } from 'rxjs';
import { checkHandlers, runHandler } from './handlers.js';
import { PulseContext } from './pulse-context.js';

const subscription = (name: string) => ({ name, queue: `q/${name}`, exchange: 'e', bindings: ['#'] });
const handler = (next?: MessageHandler): MessageHandler => Object.assign(async () => of(undefined), { next });

describe('checkHandlers', () => {
  it('accepts one handler for each subscription', () => {
    const handlers = new Map([
      ['a', handler()],
      ['b', handler()],
    ]);
    expect(() => checkHandlers([subscription('a'), subscription('b')], handlers)).not.toThrow();
  });

  it.each([
    ['none', [], /"a" has no handler: mark a controller's method with @OnPulse\('a'\)/],
    ['two', [['a', handler(handler())]], /"a" has several handlers: keep one @OnPulse\('a'\)/],
    [
      'one too many',
      [
        ['a', handler()],
        ['b', handler()],
      ],
      /@OnPulse\('b'\) has no subscription: add it to PulseModule.register/,
    ],
  ] as [string, [string, MessageHandler][], RegExp][])(
    'names the remedy when there is %s',
    (_name, handlers, text) => {
      expect(() => checkHandlers([subscription('a')], new Map(handlers))).toThrow(text);
    },
  );

  it('refuses two subscriptions of one name', () => {
    const twice = [subscription('a'), subscription('a')];
    expect(() => checkHandlers(twice, new Map([['a', handler()]]))).toThrow(
      /two subscriptions are named "a"/,
    );
  });
});

describe('runHandler', () => {
  const context = new PulseContext({ subscription: 'a', exchange: 'e', routingKey: 'k', body: '1' }, false);

  it.each([
    ['promises', async () => undefined],
    ['observables', async () => of(1, 2)],
    ['synchronous results', () => undefined],
  ])('waits for %s', async (_name, handle) => {
    await expect(runHandler(handle as MessageHandler, 1, context)).resolves.toBeUndefined();
  });

  it.each([
    ['a rejected promise', async () => Promise.reject(new Error('no'))],
    ['a failing observable', async () => throwError(() => new Error('no'))],
    [
      'a throwing function',
      () => {
        throw new Error('no');
      },
    ],
  ])('throws the error of %s', async (_name, handle) => {
    await expect(runHandler(handle as MessageHandler, 1, context)).rejects.toThrow('no');
  });
});
