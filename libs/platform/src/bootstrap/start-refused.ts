/** A service cannot start until an operator has done something; the message says what. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
