/** Parameters of a call are wrong; the client sees which. */
export class InvalidParameters extends Error {
  constructor(readonly problems: Readonly<Record<string, string>>) {
    super('invalid parameters');
  }
}

/** An error inside the master, as Python shows it; the client sees it with status 500. */
export class RemoteError extends Error {}
