import { Option } from 'commander';
import { probeSystems, type ProbeResult } from '@bbb/composition';
import {
  ConfigurationError,
  loadConfiguration,
  type LoadedConfiguration,
  SERVICE_NAMES,
  type ServiceName,
} from '@bbb/configuration';
import type { CommandDefinition } from '../command-definition.js';
import { EXIT_DONE, EXIT_FAILED } from '../exit-codes.js';
import { toPlainLine } from '../output/plain-line.js';
import type { Column } from '../output/table.js';
import { jsonOption, type JsonOptions } from './json-option.js';

interface CheckOptions extends JsonOptions {
  service?: ServiceName;
}

const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red' } as const;

const COLUMNS: readonly Column<ProbeResult>[] = [
  { title: 'system', text: ({ system }) => system },
  { title: 'status', text: ({ status }) => status, colour: ({ status }) => COLOURS[status] },
  { title: 'what', text: ({ what }) => toPlainLine(what) },
  { title: 'remedy', text: ({ remedy }) => toPlainLine(remedy ?? '') },
];

export const check: CommandDefinition<CheckOptions> = {
  name: 'check',
  summary: 'Check the configuration and every outside system',
  details:
    'Asks both databases, Taskcluster, Pulse and Buildbot whether the bridge could work with them; changes nothing and ' +
    'consumes no message. Ends with 1 when something failed; warnings alone end with 0.',
  options: [
    new Option('--service <NAME>', 'only what this service needs').choices(SERVICE_NAMES),
    jsonOption,
  ],
  examples: ['-c config.json check', 'check --service reflector', 'check --json'],
  async run({ output, globals }, { service, json }) {
    const options = globals.config === undefined ? {} : { file: globals.config };
    const services = service === undefined ? SERVICE_NAMES : [service];
    const { results, loaded } = loadAll(services, options);
    if (loaded) results.push(...(await probeSystems(loaded.configuration, services)));
    if (json) output.printJson({ results });
    else output.printTable(COLUMNS, results);
    return results.some(({ status }) => status === 'failed') ? EXIT_FAILED : EXIT_DONE;
  },
};

/** Rows about the configuration, and the first configuration that can be loaded: the others use the same systems. */
function loadAll(services: readonly ServiceName[], options: { file?: string }) {
  const rows = new Map<string, ProbeResult>();
  let loaded: LoadedConfiguration | undefined;
  const add = (row: Omit<ProbeResult, 'system'>) => rows.set(row.what, { system: 'configuration', ...row });
  for (const service of services) {
    try {
      const found = loadConfiguration(service, options);
      for (const what of found.warnings) add({ status: 'warning', what });
      loaded ??= found;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      for (const { subject, remedy } of error.problems)
        add({ status: 'failed', what: `${subject}: ${remedy}` });
    }
  }
  if (rows.size === 0) add({ status: 'ok', what: 'all settings can be used' });
  return { results: [...rows.values()], loaded };
}
