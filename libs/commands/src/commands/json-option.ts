import { Option } from 'commander';

/** Of every command that prints a result. */
export const jsonOption = new Option('--json', 'print JSON');

export interface JsonOptions {
  json?: boolean;
}
