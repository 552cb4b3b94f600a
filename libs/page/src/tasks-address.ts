import type { TaskQuery } from '@bbb/operation';
import { Invalid, WAITS, type WaitFor } from '@bbb/rules';

const STATES = ['creating', 'claimed', 'unclaimed', 'missing'] as const;
const SORTS = ['claim', 'age', 'task'] as const;

/** Rows of a page. */
const LIMIT = 50;

/** The list of tasks that an address asks for. */
export interface TasksAddress {
  /** As given, for the form. */
  given: { state: string; waits: string; builder: string; claims: string; sort: string };
  query: TaskQuery;
}

/**
 * @param now epoch seconds
 * @throws Invalid with what is wrong
 */
export function readTasksAddress(parameters: URLSearchParams, now: number): TasksAddress {
  const given = {
    state: parameters.get('state') ?? '',
    waits: parameters.get('waits') ?? '',
    builder: parameters.get('builder') ?? '',
    claims: parameters.get('claims') ?? '',
    sort: parameters.get('sort') ?? '',
  };
  const state = choose('state', STATES, given.state);
  const waitingFor = choose<WaitFor>('waits', WAITS, given.waits);
  const minutes = given.claims === '' ? undefined : Number(given.claims);
  if (minutes !== undefined && !(minutes > 0)) throw new Invalid('claims: must be a number of minutes');
  const cursor = parameters.get('after');
  return {
    given,
    query: {
      sort: choose('sort', SORTS, given.sort) ?? 'claim',
      limit: LIMIT,
      filter: {
        ...(state ? { state } : {}),
        ...(minutes === undefined ? {} : { claimedUntilBefore: now + minutes * 60 }),
      },
      ...(waitingFor ? { waitingFor } : {}),
      ...(given.builder === '' ? {} : { builders: given.builder }),
      ...(cursor === null ? {} : { cursor }),
    },
  };
}

/** The address of a list, relative to the page. */
export function writeTasksAddress(given: Partial<TasksAddress['given']>, cursor?: string): string {
  const parameters = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ''));
  if (cursor !== undefined) parameters.set('after', cursor);
  const query = parameters.toString();
  return query === '' ? 'tasks' : `tasks?${query}`;
}

function choose<Word extends string>(name: string, words: readonly Word[], given: string): Word | undefined {
  if (given === '') return undefined;
  const word = words.find((known) => known === given);
  if (word === undefined) throw new Invalid(`${name}: must be one of ${words.join(', ')}`);
  return word;
}

export const CHOICES = { state: STATES, waits: WAITS, sort: SORTS } as const;
