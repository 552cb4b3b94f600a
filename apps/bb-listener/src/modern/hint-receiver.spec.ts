import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BuildHints } from '@bbb/buildbot';
import type { Telemetry } from '@bbb/rules';
import type { Reconciler } from '@bbb/reconciler';
import { HintReceiver } from './hint-receiver.service.js';
import type { HintedRequests } from './hinted-requests.js';
import type { PushServer } from './push-server.js';

describe('HintReceiver', () => {
  let listener: Parameters<BuildHints['start']>[0];
  let streams: number | undefined;
  let lost: (string | undefined)[];

  beforeEach(async () => {
    lost = [];
    const hints = { start: (given) => void (listener = given) } as Partial<BuildHints> as BuildHints;
    const requests = { addAll: () => undefined } as Partial<HintedRequests> as HintedRequests;
    const pushes = { start: async () => undefined } as Partial<PushServer> as PushServer;
    const telemetry = {
      set: (_metric, value) => void (streams = value),
      count: (_metric, labels) => void lost.push(labels?.reason),
    } as Partial<Telemetry> as Telemetry;
    await new HintReceiver(hints, requests, pushes, {} as Reconciler, telemetry).onApplicationBootstrap();
  });

  it('counts the masters whose events come, and why connections to them were lost', () => {
    expect(streams).toBe(0);
    listener.onConnected();
    listener.onConnected();
    expect(streams).toBe(2);
    listener.onDisconnected('silent');
    expect(streams).toBe(1);
    expect(lost).toEqual(['silent']);
  });

  it('counts no loss when the service stops', () => {
    listener.onConnected();
    listener.onDisconnected('stopped');
    expect(streams).toBe(0);
    expect(lost).toEqual([]);
  });
});
