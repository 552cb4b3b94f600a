const ENDS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Ends the process with 0 when it is told to stop while it loads: nothing has begun by then that could be cut off. A
 * signal for a new log file, before there is one, is heard by nobody.
 *
 * Once somebody else listens as well, a stop is left to them.
 */
export function endOnSignals(): void {
  for (const signal of ENDS)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(0);
    });
  process.on('SIGUSR2', () => undefined);
}
