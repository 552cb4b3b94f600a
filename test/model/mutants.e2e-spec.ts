import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ruleOf } from './history/shrink.js';
import { MUTANTS } from './bridge/mutants.js';
import { runHistories } from './run-histories.js';

/** Histories within which every mutant must be caught. */
const PATIENCE = 3000;

/** Seeds to begin with for mutants that only rare histories tell apart; others begin with the first. */
const FIRST_SEED: Readonly<Record<string, number>> = {
  'takes a RETRY message of any build for the current one': 2300,
  'believes the message more than the database': 1800,
  'cancels tasks on facts of a batch': 2300,
  'creates without asking whether the request is still wanted': 2400,
  'gives up a creation without looking for the request': 2100,
};

const caught: string[] = [];

beforeAll(() => Logger.overrideLogger(false));

describe('a bridge that', () => {
  it.each(Object.entries(MUTANTS))(
    '%s is caught',
    async (name, mutant) => {
      const { histories, failure } = await runHistories(FIRST_SEED[name] ?? 1, PATIENCE, mutant);
      expect({ name, caught: failure !== undefined }).toEqual({ name, caught: true });
      caught.push(`| ${name} | ${histories} | ${ruleOf(failure?.violation ?? '')} |`);
    },
    120_000,
  );
});

afterAll(() => {
  console.log(
    ['| a bridge that | histories until caught | rule |', '| --- | --- | --- |', ...caught].join('\n'),
  );
});
