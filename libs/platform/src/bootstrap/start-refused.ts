/** EX_CONFIG of sysexits.h: a process manager need not try again. */
export const EXIT_CONFIGURATION = 78;

/** A service cannot start until an operator has done something; the message says what. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
