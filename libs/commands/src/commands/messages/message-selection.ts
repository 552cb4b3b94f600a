import { Argument, Option } from 'commander';
import type { KeptMessageFilter } from '@bbb/bridge-db';
import { UsageError } from '../../exit-codes.js';

export interface FilterOptions {
  state?: 'parked' | 'quarantined';
  subscription?: string;
}

export interface SelectionOptions extends FilterOptions {
  all?: boolean;
}

export const filterOptions = [
  new Option('--state <STATE>', 'only messages in this state').choices(['parked', 'quarantined']),
  new Option('--subscription <NAME>', 'only messages of this subscription, for example task-pending'),
];

export const selectionOptions = [
  new Option('--all', 'all messages that match the filters'),
  ...filterOptions,
];

export const idsArgument = new Argument('[id...]', 'ids of messages; see: messages list');

/** @throws UsageError when the text is not the id of a message */
export function parseId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`not the id of a message: ${text}`);
  return Number(text);
}

/**
 * Selects the messages that a command acts on: those with these ids, or with --all those that match the filters.
 *
 * @throws UsageError for neither, for both, and for a filter beside ids
 */
export function selectMessages(options: SelectionOptions, args: readonly string[]): KeptMessageFilter {
  if (options.all) {
    if (args.length > 0) throw new UsageError(`unexpected argument: ${args.join(' ')} (with --all)`);
    return filterFrom(options);
  }
  if (options.state ?? options.subscription)
    throw new UsageError('--state and --subscription select messages together with --all');
  if (args.length === 0) throw new UsageError('missing argument: the id of a message, or --all');
  return { ids: [...new Set(args.map(parseId))] };
}

export function filterFrom({ state, subscription }: FilterOptions): KeptMessageFilter {
  return {
    ...(state === undefined ? {} : { state }),
    ...(subscription === undefined ? {} : { subscription }),
  };
}

/** "12 messages (state parked)", for the outcome of a command with --all. */
export function describeSelection(count: number, { state, subscription }: KeptMessageFilter): string {
  const filters = [
    ...(state === undefined ? [] : [`state ${state}`]),
    ...(subscription === undefined ? [] : [`subscription ${subscription}`]),
  ];
  const messages = count === 1 ? '1 message' : `${count} messages`;
  return filters.length === 0 ? messages : `${messages} (${filters.join(', ')})`;
}
