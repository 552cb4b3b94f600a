import { Invalid, Unavailable } from '@bbb/rules';
import { SYSTEM } from '../connection/driver-errors.js';

/** A request that cannot be read now, as opposed to one that does not exist; anything but Invalid is thrown again. */
export function toUnreadable(buildRequestId: number): (error: unknown) => Unavailable {
  return (error) => {
    if (!(error instanceof Invalid)) throw error;
    const message = `build request ${buildRequestId} cannot be read: ${error.message}`;
    return new Unavailable(SYSTEM, message, { cause: error });
  };
}
