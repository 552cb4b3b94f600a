import { Option } from 'commander';

/** Option of every command that prints a result. */
export const jsonOption = new Option('--json', 'print JSON');

export interface JsonOptions {
  json?: boolean;
}
