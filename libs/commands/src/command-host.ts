/** A stream for text: standard output, standard error, or a test's. */
export interface TextStream {
  write(text: string): unknown;
  isTTY?: boolean;
  /** Whether colours are wanted: a terminal's answer, which knows NO_COLOR and TERM=dumb. */
  hasColors?(): boolean;
}

export type ServiceName = 'tc-listener' | 'bb-listener' | 'reflector';

/** The part of the process that the command line uses. */
export interface CommandHost {
  stdout: TextStream;
  stderr: TextStream;
  /** Gives the process over to a service, which reads these arguments itself. */
  startService(service: ServiceName, args: readonly string[]): Promise<unknown>;
}
