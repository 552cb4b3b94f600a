import { applyDecorators, Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';

/** Nest's transport id of the handlers of this transport. */
export const PULSE = Symbol('pulse');

/** Nest's own filter would replace every error by "Internal server error", but the error decides the outcome of the message. */
@Catch()
class RethrowErrors implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Marks the controller method that handles a subscription's messages. The method gets the parsed JSON, and with
 * `@Ctx()` a {@link PulseContext}.
 *
 * A message is acknowledged once the method has resolved. When it throws `Invalid` the message is quarantined; any
 * other error parks it for a later attempt. The method must be idempotent: the same message may come again.
 *
 * @param subscription name of the subscription, for example `task-pending`
 */
export function OnPulse(subscription: string): MethodDecorator {
  return applyDecorators(EventPattern<string>(subscription, PULSE), UseFilters(RethrowErrors));
}
