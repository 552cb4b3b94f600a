import { describe, expect, it } from '@jest/globals';
import type { Configuration } from '@bbb/configuration';
import { withSettings } from './health-settings.js';

const configuration = {
  service: 'reflector',
  origins: { 'schedulerDb.url': 'BBB_SCHEDULER_DB_URL in .env', 'bridgeDb.url': 'bbb_db in config.json' },
} as unknown as Configuration;

const readSettings = (name: string) =>
  withSettings([{ name, kind: 'ready', check: async () => 'broken' }], configuration)[0]!.settings;

describe('the health check of an outside system', () => {
  it('names its settings with the source of each value', () => {
    expect(readSettings('scheduler-db')).toEqual([
      'buildbot_scheduler_db (BBB_SCHEDULER_DB_URL), set by BBB_SCHEDULER_DB_URL in .env',
    ]);
    expect(readSettings('bridge-db')).toEqual(['bbb_db (BBB_BRIDGE_DB_URL), set by bbb_db in config.json']);
    expect(readSettings('pulse')).toEqual([
      'pulse_host (BBB_PULSE_HOST), set by default',
      'pulse_port (BBB_PULSE_PORT), set by default',
      'pulse_user (BBB_PULSE_USER), set by default',
    ]);
  });

  it('is left as it is when no setting leads to it', () => {
    expect(readSettings('missing-tasks')).toBeUndefined();
  });
});
