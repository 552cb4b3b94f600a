/** Hides secrets in texts that are logged or kept. */
export abstract class Redaction {
  /** Hides a secret from now on that the process received at run time, such as the credentials of a run. */
  abstract learn(secret: string): void;

  abstract text(given: string): string;

  /** The body of a message, which stays JSON if it is JSON. */
  abstract body(given: string): string;

  /** The same for a body that may have a megabyte, without keeping anything else from its turn. */
  abstract largeBody(given: string): Promise<string>;
}
