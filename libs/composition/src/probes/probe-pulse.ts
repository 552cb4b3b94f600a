import type { Configuration } from '@bbb/configuration';
import { explainConnectErrors, openConnection } from '@bbb/pulse';
import type { Overrides } from '../overrides.js';
import { createPulseOptions } from '../pulse.js';
import type { ProbeResult } from './probe-result.js';

/** Connects to Pulse and closes the connection again: no queue is declared, and no message is consumed. */
export async function probePulse(configuration: Configuration, overrides: Overrides): Promise<ProbeResult[]> {
  const connection = await explainConnectErrors(() =>
    openConnection(createPulseOptions(configuration, [], overrides)),
  );
  await connection.close();
  return [{ system: 'pulse', status: 'ok', what: 'connects and accepts the account' }];
}
