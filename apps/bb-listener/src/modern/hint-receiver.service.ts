import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { BuildHints } from '@bbb/buildbot';
import { Telemetry } from '@bbb/rules';
import { Reconciler } from '@bbb/reconciler';
import { HintedRequests } from './hinted-requests.js';
import { PushServer } from './push-server.js';

/** Receives hints from the masters' WebSockets and from their posts, from the start of the service to its stop. */
@Injectable()
export class HintReceiver implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly hints: BuildHints,
    private readonly requests: HintedRequests,
    private readonly pushes: PushServer,
    private readonly reconciler: Reconciler,
    private readonly telemetry: Telemetry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    let streams = 0;
    this.telemetry.set('event_streams', streams);
    await this.pushes.start((id) => this.requests.add(id));
    this.hints.start({
      onConnected: () => {
        this.telemetry.set('event_streams', ++streams);
        this.requests.addAll();
      },
      onDisconnected: (reason) => {
        this.telemetry.set('event_streams', --streams);
        if (reason !== 'stopped') this.telemetry.count('event_streams_lost_total', { reason });
      },
      onChanged: (id) => this.requests.add(id),
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.reconciler.stop();
    await Promise.all([this.hints.stop(), this.pushes.stop()]);
    await this.requests.stop();
  }
}
