const ENDS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Ends the process with 0 when it is told to stop while it loads: nothing has begun by then that could be cut off. The
 * first process of a container would otherwise ignore these signals. SIGUSR2, which asks for a new log file, is ignored
 * until there is one.
 *
 * Once anything else listens as well, a stop is left to it.
 */
export function endOnSignals(): void {
  for (const signal of ENDS)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(0);
    });
  process.on('SIGUSR2', () => undefined);
}
