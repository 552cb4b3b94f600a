/** A stream for text: standard output, standard error, or a test's. */
export interface TextStream {
  write(text: string): unknown;
  isTTY?: boolean;
  /** Whether colours are supported; a terminal also takes NO_COLOR and TERM=dumb into account. */
  hasColors?(): boolean;
}

/** A program of the bridge; `all` is the three services in one process. */
export type ServiceName = 'tc-listener' | 'bb-listener' | 'reflector' | 'all';

/** The part of the process that the command line uses. */
export interface CommandHost {
  stdout: TextStream;
  stderr: TextStream;
  /** Runs a service in this process; the service parses these arguments itself. */
  startService(service: ServiceName, args: readonly string[]): Promise<unknown>;
}
