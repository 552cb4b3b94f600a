import type { MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { JsonValue } from '@bbb/rules';
import type { Subscription } from './options.js';
import type { PulseContext } from './pulse-context.js';

/**
 * Checks that every subscription has exactly one handler and every handler has a subscription. A message without a
 * handler would be parked until its last attempt, and two handlers could disagree about its outcome.
 *
 * @throws Error that lists every mistake with its remedy
 */
export function checkHandlers(
  subscriptions: readonly Subscription[],
  handlers: ReadonlyMap<string, MessageHandler>,
): void {
  const names = subscriptions.map(({ name }) => name);
  const mistakes = [
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `two subscriptions are named "${name}": rename one`),
    ...names
      .filter((name) => !handlers.has(name))
      .map(
        (name) =>
          `subscription "${name}" has no handler: mark a controller's method with @OnPulse('${name}')`,
      ),
    ...[...handlers]
      .filter(([, handler]) => handler.next !== undefined)
      .map(([name]) => `subscription "${name}" has several handlers: keep one @OnPulse('${name}')`),
    ...[...handlers.keys()]
      .filter((name) => !names.includes(name))
      .map(
        (name) =>
          `@OnPulse('${name}') has no subscription: add it to PulseModule.register({ subscriptions })`,
      ),
  ];
  if (mistakes.length > 0) throw new Error(`Pulse: ${mistakes.join('; ')}`);
}

/** Calls a handler and waits until its promise or observable has ended. Throws the handler's error. */
export async function runHandler(
  handler: MessageHandler,
  payload: JsonValue,
  context: PulseContext,
): Promise<void> {
  const result: unknown = await handler(payload, context);
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}
