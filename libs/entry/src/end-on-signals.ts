const ENDS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Exits with 0 on a stop signal that arrives while the process loads: no work has begun that could be interrupted. The
 * first process of a container would otherwise ignore these signals. SIGUSR2, which reopens the log file, is ignored
 * until the log file is open.
 *
 * Once another listener is registered, that listener handles the stop.
 */
export function endOnSignals(): void {
  for (const signal of ENDS)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(0);
    });
  process.on('SIGUSR2', () => undefined);
}
