import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { campaign } from './campaign.js';
import { ruleOf } from './history/shrink.js';
import { MUTANTS } from './mutants.js';

/** Histories within which every mutant must be caught. */
const PATIENCE = 3000;

const caught: string[] = [];

beforeAll(() => Logger.overrideLogger(false));

describe('a bridge that', () => {
  it.each(Object.entries(MUTANTS))(
    '%s is caught',
    async (name, mutant) => {
      const { histories, failure } = await campaign(1, PATIENCE, mutant);
      expect({ name, caught: failure !== undefined }).toEqual({ name, caught: true });
      caught.push(`| ${name} | ${histories} | ${ruleOf(failure?.violation ?? '')} |`);
    },
    120_000,
  );
});

afterAll(() => {
  console.log(['| a bridge that | caught by history | rule |', '| --- | --- | --- |', ...caught].join('\n'));
});
