import { Option } from 'commander';
import {
  type EffectiveSetting,
  inspectConfiguration,
  SERVICE_NAMES,
  type ServiceName,
} from '@bbb/configuration';
import type { CommandDefinition } from '../command-definition.js';
import { EXIT_CONFIGURATION, EXIT_DONE } from '../exit-codes.js';
import { toPlainLine } from '../output/plain-line.js';
import type { Column } from '../output/table.js';
import { jsonOption, type JsonOptions } from './json-option.js';

interface ConfigOptions extends JsonOptions {
  sources?: boolean;
  service?: ServiceName;
}

const VALUES: readonly Column<EffectiveSetting>[] = [
  { title: 'setting', text: ({ key }) => key },
  {
    title: 'value',
    text: showValue,
    colour: ({ source }) => (source === 'missing' || source === 'invalid' ? 'red' : undefined),
  },
];

const SOURCES: readonly Column<EffectiveSetting>[] = [
  ...VALUES,
  { title: 'source', text: ({ source }) => toPlainLine(source) },
  { title: 'variable', text: ({ variable }) => variable },
];

export const config: CommandDefinition<ConfigOptions> = {
  name: 'config',
  summary: 'Print the configuration that is in force, without secrets',
  details:
    'Settings that each service has for itself are listed once for each. Problems are printed on standard error, and ' +
    'end the command with 78. A reflector needs no settings of Pulse: name it with --service where only it runs.',
  options: [
    new Option('--sources', 'print where each value comes from'),
    new Option('--service <NAME>', 'only what this service needs').choices(SERVICE_NAMES),
    jsonOption,
  ],
  examples: ['-c config.json config', 'config --sources', 'config --service reflector --json'],
  async run({ output, globals }, { sources, service, json }) {
    const services = service === undefined ? SERVICE_NAMES : [service];
    const inspection = inspectConfiguration(
      services,
      globals.config === undefined ? {} : { file: globals.config },
    );
    if (json) output.printJson(inspection);
    else output.printTable(sources ? SOURCES : VALUES, inspection.settings);
    if (!globals.quiet)
      for (const warning of inspection.warnings) output.printNote(`warning: ${toPlainLine(warning)}`);
    for (const { subject, remedy } of inspection.problems)
      output.printNote(`problem: ${toPlainLine(`${subject}: ${remedy}`)}`);
    return inspection.problems.length > 0 ? EXIT_CONFIGURATION : EXIT_DONE;
  },
};

function showValue({ value, source }: EffectiveSetting): string {
  if (source === 'missing' || source === 'invalid') return `(${source})`;
  if (value === null) return '-';
  return toPlainLine(typeof value === 'string' ? value : JSON.stringify(value));
}
