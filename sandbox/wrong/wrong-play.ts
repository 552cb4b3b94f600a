import { setTimeout as sleep } from 'node:timers/promises';
import { SchedulerConnection, type BuilderSetting } from '../buildbot/index.js';
import { BUILDERS, type Scenario } from '../mix.js';
import type { LogLine } from './bridge.js';
import type { SandboxOptions } from '../sandbox.js';
import type { Actor } from '../story.js';
import type { Stage, WrongSystem } from './fault.js';
import { findHarm, findMissingArtifacts, readStates } from './harm.js';
import { groupsOf, partsOf, type Phase } from './parts.js';

/** Seconds. A missing task is believed gone after the grace; the fault lasts longer, and shorter than a claim. */
const PACE = { claimTimeout: 30, reclaimWindow: 24, finishedGrace: 4, artifactWait: 15 };
const LASTS = 9;

const LOOK_EVERY = 0.25;

/** Levels of the log that are told. */
const LEVELS = ['warn', 'error', 'fatal'];

/** Seconds until all tasks must be at their places before the fault. */
const PATIENCE = 40;

/** A fault of the sandbox, what the bridge says of it, and whether it has done any harm. */
export class WrongPlay {
  readonly scenarios: readonly Scenario[];
  readonly groups: readonly (readonly Scenario[])[];
  private readonly problems: string[] = [];
  private readonly selfServe: Stage['selfServe'] = { fault: undefined };
  private phase: Phase = 'right';
  private actors: readonly Actor[] = [];

  /** @param tell a line for a human */
  constructor(
    private readonly wrong: WrongSystem,
    private readonly tell: (line: string) => void,
  ) {
    const parts = partsOf(wrong, () => this.phase);
    this.scenarios = [...parts.values()];
    this.groups = groupsOf(parts);
  }

  get sandboxOptions(): Pick<
    SandboxOptions,
    'scenarios' | 'builders' | 'pace' | 'selfServe' | 'clocksAhead'
  > {
    return {
      clocksAhead: this.wrong.clocksAhead,
      scenarios: this.scenarios,
      builders: BUILDERS.map(withEnoughWorkers),
      pace: PACE,
      selfServe: { fault: (call) => this.selfServe.fault?.(call) },
    };
  }

  /** To be called after each look at the tasks. */
  readonly see = (actors: readonly Actor[]): void => {
    this.actors = actors;
  };

  /** Waits until everything is at its place, lets the fault last, and puts it right. */
  async run(parts: Omit<Stage, 'selfServe'>, stopping?: AbortSignal): Promise<void> {
    const { wrong } = this;
    const stage: Stage = { ...parts, selfServe: this.selfServe };
    await this.untilInPlace(stage, stopping);
    const before = await readStates(stage.sandbox, this.actors);
    this.tell(`WRONG: ${wrong.summary}`);
    const halted = wrong.stopsBuildbot ? await haltBuildbot(stage) : undefined;
    const heal = await wrong.begin(stage);
    await this.listen(stage, stopping);
    await this.judge(stage, before);
    await heal();
    halted?.();
    this.phase = 'healed';
    this.tell(`RIGHT AGAIN`);
  }

  /** To be called when all tasks have come to their ends. @returns what was not as it has to be: each a sentence */
  findProblems(taskcluster: Stage['sandbox']['taskcluster']): string[] {
    return [...this.problems, ...findMissingArtifacts(taskcluster, this.actors)];
  }

  private async untilInPlace({ sandbox }: Stage, stopping?: AbortSignal): Promise<void> {
    const early = this.groups.flat().filter(({ mayBegin }) => !mayBegin).length;
    const isInPlace = ({ scenario, seen }: Actor) =>
      scenario.name === 'waits' ? seen?.buildbot === 'waiting' : seen?.taskState === 'running';
    for (let waited = 0; ; waited += LOOK_EVERY) {
      const { tasks } = await sandbox.countRowsLeft();
      if (this.actors.length === early && this.actors.every(isInPlace) && tasks === early) return;
      if (waited > PATIENCE) throw new Error('the tasks did not come to their places before the fault');
      await sleep(LOOK_EVERY * 1000, undefined, { signal: stopping });
    }
  }

  /** Tells what health and log say while the fault lasts. */
  private async listen({ bridge }: Stage, stopping?: AbortSignal): Promise<void> {
    const known = new Set((await bridge.readLog()).map(messageOf));
    const told = new Set<string>();
    const end = Date.now() + LASTS * 1000;
    let isHealthTold = this.wrong.health === undefined;
    let isLogTold = this.wrong.log === undefined;
    while (Date.now() < end) {
      const reasons = await bridge.readReasons();
      // Until a pass has found how much is missing, build requests are created as ever.
      if (!this.wrong.isDoubted || reasons.has('missing-tasks')) this.phase = 'wrong';
      for (const [check, reason] of reasons) {
        const [expected, words] = this.wrong.health ?? [];
        isHealthTold ||= check === expected && words!.test(reason);
        if (!told.has(check)) this.tell(`  health  ${check}: ${reason}`);
        told.add(check);
      }
      for (const line of await bridge.readLog()) {
        if (!LEVELS.includes(line.level)) continue;
        isLogTold ||= this.wrong.log!.test(JSON.stringify(line));
        const message = messageOf(line);
        if (!known.has(message)) this.tell(`  log     ${message}`);
        known.add(message);
      }
      await sleep(LOOK_EVERY * 1000, undefined, { signal: stopping });
    }
    if (!isHealthTold) this.problems.push(`health did not say ${this.wrong.health?.join(': ')}`);
    if (!isLogTold) this.problems.push(`the log did not say ${this.wrong.log}`);
  }

  private async judge({ sandbox, bridge }: Stage, before: Awaited<ReturnType<typeof readStates>>) {
    const isDoubted = this.wrong.isDoubted ?? false;
    const metric = await bridge.readMetric('bbb_absence_doubted');
    if (metric !== (isDoubted ? 1 : 0)) this.problems.push(`bbb_absence_doubted is ${metric}`);
    const seen = await SchedulerConnection.open(await bridge.readSchedulerDb());
    const after = await readStates(sandbox, this.actors, seen).finally(() => seen.close());
    const now = sandbox.clock.now();
    const harm = findHarm(before, after, { isDoubted, now });
    const claims = after.flatMap(({ part, takenUntil }) => (part === 'goes on' && takenUntil) || []);
    this.tell(
      `  harm    ${harm.length === 0 ? 'none: nothing stopped, cancelled, ended or forgotten' : harm.join('; ')}; ` +
        `claims end in ${Math.round(Math.min(...claims) - now)} s at the earliest`,
    );
    this.problems.push(...harm);
  }
}

async function haltBuildbot({ sandbox: { master, selfServe } }: Stage): Promise<() => void> {
  await master.halt();
  await selfServe.halt();
  return () => {
    master.run(50);
    selfServe.run(100);
  };
}

/** Builds that are held until the end must not use up the workers. */
function withEnoughWorkers(builder: BuilderSetting): BuilderSetting {
  return builder.workers
    ? builder
    : { ...builder, workers: Array.from({ length: 20 }, (_, n) => `bld-${n}`) };
}

function messageOf({ level, msg }: LogLine): string {
  return `${level} ${msg}`;
}
