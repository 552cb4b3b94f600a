/** The other system answered and said no: a decision, to be read back and decided anew, never guessed at. */
export class Refused extends Error {
  override readonly name = 'Refused';

  /**
   * @param status HTTP status of the answer (401 and 403 are configuration errors, 404 absence, 409 a conflict)
   * @param code the system's own error code, for example `RequestConflict`
   */
  constructor(
    readonly system: string,
    readonly status: number,
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Credentials or scopes are wrong: an operator's alarm, and no reason to give up a task. */
  get isConfiguration(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** No answer, or one that says nothing (timeout, connection refused, 5xx, a lost database): try again later. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  /** Seconds within which to try again, where somebody waits for it. */
  readonly retryWithin: number | undefined;

  constructor(
    readonly system: string,
    message: string,
    { retryWithin, ...options }: ErrorOptions & { retryWithin?: number } = {},
  ) {
    super(message, options);
    this.retryWithin = retryWithin;
  }
}

/** Never going to work, however often it is tried: a message or payload nobody can use. */
export class Invalid extends Error {
  override readonly name = 'Invalid';
}
