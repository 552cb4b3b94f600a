import type { ProcessSettings } from '../process-settings.js';

/** Complete settings of a process whose health endpoints get a free port. */
export function processSettings(changes: Partial<ProcessSettings> = {}): ProcessSettings {
  return {
    service: 'reflector',
    http: { host: '127.0.0.1', port: 0 },
    shutdown: { grace: 25 },
    log: { level: 'info' },
    secrets: [],
    settingNames: { http: 'reflector.http_host', logFile: 'reflector.logfile (BBB_LOG_FILE)' },
    ...changes,
  };
}
