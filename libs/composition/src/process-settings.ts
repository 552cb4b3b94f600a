import { type Configuration, listSecrets, findSection } from '@bbb/configuration';
import type { ProcessSettings } from '@bbb/platform';

/** The part of a service's configuration that its process needs. */
export function createProcessSettings(configuration: Configuration): ProcessSettings {
  const { service, http, shutdown, log } = configuration;
  const section = findSection(service);
  return {
    service,
    http,
    shutdown,
    log,
    secrets: listSecrets(configuration),
    settingNames: {
      http: `${section}.http_host and ${section}.http_port (BBB_HTTP_HOST, BBB_HTTP_PORT)`,
      logFile: `${section}.logfile (BBB_LOG_FILE)`,
    },
  };
}
