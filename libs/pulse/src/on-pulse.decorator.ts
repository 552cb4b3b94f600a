import { applyDecorators, Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';

/** Tells Pulse's handlers from those of other transports. */
export const PULSE = Symbol('pulse');

/** Nest's own filter replaces every error by "Internal server error", and what becomes of a message depends on it. */
@Catch()
class PassErrorsThrough implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Marks the controller method that handles a subscription's messages. The method gets the parsed JSON, and with
 * `@Ctx()` a {@link PulseContext}.
 *
 * A message is acknowledged once the method has resolved. When it throws `Invalid` the message is quarantined; any
 * other error parks it for a later attempt. The method must bear to be called again for the same message.
 *
 * @param subscription our name of it, for example `task-pending`
 */
export function OnPulse(subscription: string): MethodDecorator {
  return applyDecorators(EventPattern<string>(subscription, PULSE), UseFilters(PassErrorsThrough));
}
