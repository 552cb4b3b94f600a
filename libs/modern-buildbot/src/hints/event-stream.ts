import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { RestClient } from '../rest/rest-client.js';
import { type EndOfEvents, followEvents } from './event-socket.js';

/** Receives hints; no method may throw. */
export interface HintListener {
  /** Events may have been lost: every tracked request has to be looked at. */
  onConnected(): void;
  /** No events come from a master that sent them, until the next `onConnected`. */
  onDisconnected(reason: EndOfEvents): void;
  /** Something has happened to a build request, which may belong to anybody. */
  onChanged(buildRequestId: number): void;
}

/** Seconds before the first and the last attempts to connect again. */
const DELAYS = [1, 2, 5, 10, 30] as const;

/** The events of one master: connects again whenever the connection is lost. */
export class EventStream {
  private readonly logger = new Logger('EventStream');
  private readonly stopping = new AbortController();
  private isFollowing = false;
  private running: Promise<void> | undefined;

  constructor(private readonly master: RestClient) {}

  start(listener: HintListener): void {
    this.running ??= this.run(listener);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Why no hints come from this master; undefined when they do. */
  findProblem(): string | undefined {
    return this.isFollowing
      ? undefined
      : `no events from ${this.master.name}; the reflector finds all changes`;
  }

  private async run(listener: HintListener): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.follow(listener, () => (failures = 0));
      } catch (error) {
        // One line for each outage.
        if (failures === 0 && !signal.aborted)
          this.logger.warn(
            { master: this.master.name, error },
            'no events from the Buildbot master; will retry',
          );
      }
      const delay = DELAYS[Math.min(failures, DELAYS.length - 1)]!;
      await sleep(delay * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  private async follow(listener: HintListener, onFollowing: () => void): Promise<void> {
    const connection = await this.master.openEvents();
    const { signal } = this.stopping;
    if (signal.aborted) return connection.close();
    const begin = () => {
      this.isFollowing = true;
      onFollowing();
      this.logger.log({ master: this.master.name }, 'following the events of the Buildbot master');
      listener.onConnected();
    };
    const reason = await followEvents(connection, begin, (id) => listener.onChanged(id), signal);
    if (this.isFollowing) listener.onDisconnected(reason);
    this.isFollowing = false;
    if (!signal.aborted)
      this.logger.warn(
        { master: this.master.name, reason },
        'events of the Buildbot master ended; connecting again',
      );
  }
}
