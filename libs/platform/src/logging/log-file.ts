import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs';

/** Milliseconds between two looks at whether the file is still the one of that name. */
const LOOK = 1000;

/**
 * A log file that survives rotation: it is opened anew on SIGUSR2 and when the file was moved away or removed. What
 * cannot be written goes to standard error, since a full disk is no reason to stop.
 */
export class LogFile {
  private descriptor: number;
  private readonly timer: NodeJS.Timeout;
  private readonly onSignal = () => this.reopen();

  /** @throws when the file cannot be opened */
  constructor(readonly path: string) {
    this.descriptor = openSync(path, 'a');
    process.on('SIGUSR2', this.onSignal);
    this.timer = setInterval(() => this.reopenIfMoved(), LOOK).unref();
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
      this.descriptor = openSync(this.path, 'a');
      closeSync(before);
    } catch (error) {
      // The old file goes on being written; the next look tries again.
      process.stderr.write(`the log file cannot be opened anew: ${(error as Error).message}\n`);
    }
  }

  /** Opens the file anew if another one, or none, has its name now, or if that cannot be told. Never throws. */
  reopenIfMoved(): void {
    if (!this.isInPlace()) this.reopen();
  }

  private isInPlace(): boolean {
    try {
      const named = statSync(this.path, { throwIfNoEntry: false });
      const open = fstatSync(this.descriptor);
      return named?.ino === open.ino && named.dev === open.dev;
    } catch {
      // A loop of links, a folder closed to the service, a file server that forgot the file: told by the attempt to open.
      return false;
    }
  }

  close(): void {
    clearInterval(this.timer);
    process.off('SIGUSR2', this.onSignal);
    closeSync(this.descriptor);
  }
}
