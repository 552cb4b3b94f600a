/** EX_CONFIG of sysexits.h: a process manager should not restart the process. */
export const EXIT_CONFIGURATION = 78;

/** A service cannot start until an operator acts; the message says what to do. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
