import { closeSync, fchmodSync, fstatSync, openSync, statSync, writeSync } from 'node:fs';

/** Milliseconds between checks of whether the file was moved away. */
const CHECK_INTERVAL = 1000;

/** Access rights of a new log file, whatever the umask: log readers are in the group of the service. */
const MODE = 0o640;

/**
 * A log file that survives rotation: it is reopened on SIGUSR2 and when it was moved away or removed. Lines that cannot
 * be written go to standard error, because a full disk is no reason to stop.
 */
export class LogFile {
  private descriptor: number;
  private readonly timer: NodeJS.Timeout;
  private readonly onSignal = () => this.reopen();

  /** @throws when the file cannot be opened */
  constructor(readonly path: string) {
    this.descriptor = openForAppending(path);
    process.on('SIGUSR2', this.onSignal);
    this.timer = setInterval(() => this.reopenIfMoved(), CHECK_INTERVAL).unref();
  }

  write(line: string): void {
    try {
      const bytes = Buffer.from(line);
      for (let written = 0; written < bytes.length;) {
        written += writeSync(this.descriptor, bytes, written);
      }
    } catch {
      process.stderr.write(line);
    }
  }

  reopen(): void {
    try {
      const before = this.descriptor;
      this.descriptor = openForAppending(this.path);
      closeSync(before);
    } catch (error) {
      // Lines go on to the file that was moved away until a later check succeeds.
      process.stderr.write(`cannot reopen the log file; will retry: ${(error as Error).message}\n`);
    }
  }

  /** Reopens the file if its path names another file, or none, or cannot be examined. Never throws. */
  reopenIfMoved(): void {
    if (!this.isInPlace()) this.reopen();
  }

  private isInPlace(): boolean {
    try {
      const named = statSync(this.path, { throwIfNoEntry: false });
      const open = fstatSync(this.descriptor);
      return named?.ino === open.ino && named.dev === open.dev;
    } catch {
      // A loop of links, a folder without access, a stale file handle: the attempt to open will say which.
      return false;
    }
  }

  close(): void {
    clearInterval(this.timer);
    process.off('SIGUSR2', this.onSignal);
    closeSync(this.descriptor);
  }
}

/** The mode of an existing file stays: somebody chose it. */
function openForAppending(path: string): number {
  try {
    const created = openSync(path, 'ax', MODE);
    fchmodSync(created, MODE);
    return created;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return openSync(path, 'a', MODE);
  }
}
