import { closeSync, fchmodSync, fstatSync, openSync, statSync, writeSync } from 'node:fs';

/** Milliseconds between checks of whether the file was renamed or removed. */
const CHECK_INTERVAL = 1000;

/** Access rights of a new log file, independent of the umask: log readers are in the group of the service. */
const MODE = 0o640;

/**
 * A log file that survives rotation: it is reopened on SIGUSR2 and when it was renamed or removed. Lines that cannot
 * be written go to standard error, because a full disk should not stop the service.
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
      // Lines are written to the renamed file until a later check succeeds.
      process.stderr.write(`cannot reopen the log file; will retry: ${(error as Error).message}\n`);
    }
  }

  /** Reopens the file if its path leads to another file or none, or cannot be examined. Never throws. */
  reopenIfMoved(): void {
    if (!this.isInPlace()) this.reopen();
  }

  private isInPlace(): boolean {
    try {
      const named = statSync(this.path, { throwIfNoEntry: false });
      const open = fstatSync(this.descriptor);
      return named?.ino === open.ino && named.dev === open.dev;
    } catch {
      // A loop of links, a folder without access, a stale file handle: the error of reopening says which.
      return false;
    }
  }

  close(): void {
    clearInterval(this.timer);
    process.off('SIGUSR2', this.onSignal);
    closeSync(this.descriptor);
  }
}

/** Keeps the mode of an existing file, which an administrator may have set. */
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
