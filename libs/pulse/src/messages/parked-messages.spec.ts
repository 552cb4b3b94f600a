import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { KeptMessage } from '@bbb/rules';
import type { DatabasePause } from './database-pause.js';
import { ParkedMessages } from './parked-messages.js';
import type { Outcome } from './settlement.js';
import { eventually } from '../../../../test/support/eventually.js';
import { ManualClock } from '../../../../test/support/doubles/manual-clock.js';
import { MemoryMessageStore } from '../../../../test/support/doubles/memory-message-store.js';
import { RecordingTelemetry } from '../../../../test/support/doubles/recording-telemetry.js';

Logger.overrideLogger(false);

describe('a parked message', () => {
  let store: MemoryMessageStore;
  let clock: ManualClock;
  let stopping: AbortController;
  const pause = { isOn: false } as DatabasePause;

  beforeEach(async () => {
    store = new MemoryMessageStore();
    clock = new ManualClock();
    stopping = new AbortController();
    const message = { subscription: 'started', exchange: 'exchange/build/', routingKey: 'a', body: '{}' };
    await store.park(message, 'unavailable', clock.now());
  });

  afterEach(() => stopping.abort());

  function processThat(retry: (kept: KeptMessage) => Promise<Outcome>): void {
    const timing = { interval: 0.001, reservation: 120 };
    const telemetry = new RecordingTelemetry();
    new ParkedMessages(
      ['started'],
      timing,
      10,
      store,
      clock,
      telemetry,
      pause,
      retry,
      stopping.signal,
    ).start();
  }

  it('whose retry was interrupted is retried by another process when its reservation ends, and not before', async () => {
    const dies = jest.fn(() => new Promise<Outcome>(() => undefined));
    processThat(dies);
    await eventually(() => expect(dies).toHaveBeenCalledTimes(1));

    const looks = jest.spyOn(store, 'takeDue');
    const lives = jest.fn(async ({ id }: KeptMessage): Promise<Outcome> => {
      await store.settle(id);
      return 'acked';
    });
    processThat(lives);
    clock.advance(119);
    const before = looks.mock.calls.length;
    await eventually(() => expect(looks.mock.calls.length).toBeGreaterThan(before + 2));
    expect(lives).not.toHaveBeenCalled();

    clock.advance(1);
    await eventually(() => expect(lives).toHaveBeenCalledTimes(1));
    expect(store.kept.size).toBe(0);
  });
});
