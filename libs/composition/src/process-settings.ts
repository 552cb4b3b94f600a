import { type Configuration, secretsOf, sectionOf } from '@bbb/configuration';
import type { ProcessSettings } from '@bbb/platform';

/** The part of a service's configuration that its process needs. */
export function processSettings(configuration: Configuration): ProcessSettings {
  const { service, http, shutdown, log } = configuration;
  const section = sectionOf(service);
  return {
    service,
    http,
    shutdown,
    log,
    secrets: secretsOf(configuration),
    settingNames: {
      http: `${section}.http_host and ${section}.http_port (BBB_HTTP_HOST, BBB_HTTP_PORT)`,
      logFile: `${section}.logfile (BBB_LOG_FILE)`,
    },
  };
}
