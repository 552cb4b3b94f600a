/** A service cannot start yet, for a reason that may pass without an operator; the message names reason and remedy. */
export class StartDelayed extends Error {
  override readonly name = 'StartDelayed';
}
