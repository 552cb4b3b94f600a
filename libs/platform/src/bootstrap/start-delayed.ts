/** A service cannot start for a reason that may pass without an operator; the message says why and what may help. */
export class StartDelayed extends Error {
  override readonly name = 'StartDelayed';
}
