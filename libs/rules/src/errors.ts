/** An outside system answered with a refusal. Its state is not what was assumed: read it again before deciding. */
export class Refused extends Error {
  override readonly name = 'Refused';

  /**
   * @param status HTTP status of the answer (401 and 403: configuration error, 404: not found, 409: conflict)
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

  /** Credentials or scopes are wrong: an operator must act, and the task is not given up. */
  get isConfiguration(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** No answer, or an unusable one (timeout, connection refused, 5xx, a lost database): retry later. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  /** Maximum seconds until the next attempt; undefined when it is not urgent. */
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

/** A message or payload that can never be handled; retrying does not help. */
export class Invalid extends Error {
  override readonly name = 'Invalid';
}

/** A value of a build request that Buildbot can never hold, so that the task's payload is at fault. */
export class UnfitValue extends Invalid {}
