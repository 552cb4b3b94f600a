import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isFull, pickShare } from '../support/campaign.js';
import { MUTANTS } from './bridge/mutants.js';
import { effectsOf, play, RECOVERIES, WAYS } from './faults/enumerate.js';
import { SCENARIOS } from './faults/scenarios.js';
import { ruleOf } from './history/shrink.js';
import { runHistories } from './run-histories.js';

/** Histories within which a mutant must be caught. */
const PATIENCE = 1000;

/** Seeds of histories that catch what hardly any other does; in the campaigns all mutants begin at the first seed. */
const CATCHING: Readonly<Record<string, number>> = {
  'creates without a lock': 200,
  'forgets the task when a claim has expired': 289,
  'stops a build that others share': 173,
  'does not ask whose request an id names': 179,
  'acts on missing tasks however many they are': 215,
  'takes a planned shutdown for a user’s cancellation': 127,
  'believes an absence that lacks Taskcluster’s signature': 701,
  'keeps the turn of a pass that failed': 105,
  'judges claims by its own clock': 724,
};

/** The triggers that tell apart mutants that hardly any history does. */
const TRIGGERS: Readonly<Record<string, string>> = {
  'takes a RETRY message of any build for the current one':
    'log_uploaded: RETRY of the build before the one that runs',
  'believes the message more than the database': 'log_uploaded: of another master’s build of the same number',
  'creates without asking whether the request is still wanted':
    'task-pending: given up while its process stands still before the lock',
  'cancels a duplicate of what its row was before':
    'pass: rows restored, of which one names a request that was dropped, and a batch that cannot be read',
  'gives up a creation without a tombstone': 'task-pending: cancelled while its request is created',
  'stops builds whose number is another’s by now':
    'task-exception: while its build is lost and another has its number',
  'takes the end message of any build for that of the last one':
    'log_uploaded: of a build that came to nothing',
  'gives up a task when Taskcluster refuses a claim or a reclaim': 'pass: a claim that is due',
  'never looks for orphans': 'pass: rows lost, the task cancelled',
};

const caught: string[] = [];

beforeAll(() => Logger.overrideLogger(false));

describe('a bridge that', () => {
  it.each(pickShare(Object.keys(MUTANTS), 3))(
    '%s is caught',
    async (name) => {
      const [after, rule] = (await catchByTrigger(name)) ?? (await catchByHistories(name));
      expect({ name, rule }).toEqual({ name, rule: expect.stringMatching(/^[SL]\d/) });
      caught.push(`| ${name} | ${after} | ${rule} |`);
    },
    120_000,
  );
});

type Catch = [after: string, rule: string | undefined];

async function catchByHistories(name: string): Promise<Catch> {
  const first = isFull ? 1 : (CATCHING[name] ?? 1);
  const { histories, failure } = await runHistories(first, PATIENCE, MUTANTS[name]);
  return [`${histories} histories`, failure && ruleOf(failure.violation)];
}

/** Undefined when no trigger is meant for the mutant. */
async function catchByTrigger(name: string): Promise<Catch | undefined> {
  const scenario = SCENARIOS.find((each) => each.name === TRIGGERS[name]);
  if (!scenario) return undefined;
  const mutant = MUTANTS[name]!;
  const kind = scenario.kind ?? mutant.kind ?? 'legacy';
  const effects = await effectsOf(scenario, kind);
  const faults = effects.flatMap((_, index) => WAYS.map((way) => ({ index, way })));
  for (const recovery of RECOVERIES) {
    for (const fault of [undefined, ...faults]) {
      const [violation] = (await play(scenario, kind, recovery, fault, mutant)).violations;
      if (violation) return [fault ? `its trigger, ${fault.way.name}` : 'its trigger', ruleOf(violation)];
    }
  }
  return ['its trigger', undefined];
}

afterAll(() => {
  console.log(['| a bridge that | caught after | rule |', '| --- | --- | --- |', ...caught].join('\n'));
});
