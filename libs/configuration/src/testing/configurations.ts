import { loadConfiguration } from '../load-configuration.js';
import type { Configuration, ServiceName } from '../configuration.js';
import { Folder } from '../../../platform/src/testing/folder.js';
import { LAST_LAYOUT, ROOT_URL } from './layouts.js';

/** A complete configuration whose health endpoints get a free port. */
export function configurationOf(service: ServiceName, more: Record<string, string> = {}): Configuration {
  const folder = new Folder();
  try {
    const file = folder.write('config.json', {
      ...LAST_LAYOUT,
      tclistener: { ...LAST_LAYOUT.tclistener, logfile: '' },
      bblistener: {},
      reflector: {},
    });
    const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL, BBB_HTTP_PORT: '0', ...more };
    return loadConfiguration(service, { file, environment, directory: folder.path }).configuration;
  } finally {
    folder.remove();
  }
}
