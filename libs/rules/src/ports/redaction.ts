/** Hides secrets in texts that are logged or kept. */
export abstract class Redaction {
  /** Hides a secret from now on: the process got it while it runs, such as the credentials of a run. */
  abstract learn(secret: string): void;

  abstract text(given: string): string;

  /** The body of a message, which stays JSON if it is JSON. */
  abstract body(given: string): string;
}
