import { seededRandom } from '../../sandbox/buildbot/random.js';
import type { Scenario } from '../../sandbox/mix.js';
import { createTask } from '../../sandbox/mix.js';
import type { SeenTask } from '../../sandbox/seen.js';
import { cast } from '../../sandbox/story.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { WHIM_KINDS, WHIMS, type WhimKind } from './scenarios.js';
import type { Tally } from './counters.js';

/** A task, and all that users did to it. */
export interface TaskStory {
  taskId: string;
  scenario: Scenario;
  /** Runs that a user asked for: the first, and reruns. */
  userRuns: number[];
  /** Runs that a user cancelled in Taskcluster. */
  cancelledRuns: number[];
  /** Requests that a user cancelled in Buildbot, or whose build a user stopped. */
  cancelledRequests: number[];
  /** User actions of the scenario done so far. */
  done: number;
  /** Whims to come. */
  whims: { at: number; kind: WhimKind }[];
  seen?: SeenTask;
}

/** The users of both sides: create tasks, cancel and rerun them. */
export class Load {
  readonly stories: TaskStory[] = [];
  /** More than one open request of one task, as seen at any moment. */
  readonly doubleLives = new Set<string>();
  private readonly groups: Scenario[][];
  private readonly random: () => number;
  private begun = Date.now();

  constructor(
    private readonly sandbox: Sandbox,
    seed: number,
    private readonly rate: number,
    private readonly tally: Tally,
  ) {
    this.random = seededRandom(seed * 31 + 17);
    // Every third group is one of whims; there are more groups than anybody will need.
    this.groups = cast(5000, seed).flatMap((group, index) => (index % 2 ? [group, [WHIMS]] : [group]));
  }

  begin(): void {
    this.begun = Date.now();
  }

  /** Creates what is due. */
  create(): void {
    const due = this.seconds() * this.rate;
    while (this.stories.length < due) {
      const number = this.stories.length;
      for (const scenario of this.groups.shift()!) {
        const taskId = this.sandbox.taskcluster.createTask(createTask(scenario, number, Date.now() / 1000));
        const whims = scenario === WHIMS ? this.whims() : [];
        this.stories.push({
          taskId,
          scenario,
          userRuns: [0],
          cancelledRuns: [],
          cancelledRequests: [],
          done: 0,
          whims,
        });
      }
    }
  }

  /** Looks at every task on both sides, and does what its user does then. */
  async look(): Promise<void> {
    const seen = await this.sandbox.look(this.stories.map(({ taskId }) => taskId));
    for (const [index, story] of this.stories.slice(0, seen.length).entries()) {
      const task = seen[index]!;
      story.seen = task;
      if (task.requests.filter(({ complete }) => !complete).length > 1) this.doubleLives.add(story.taskId);
      await this.follow(story, task);
      while (story.whims[0] && story.whims[0].at <= this.seconds()) {
        await this.indulge(story, task, story.whims.shift()!.kind);
      }
    }
  }

  /** Whether the users have done all they want. */
  get isOver(): boolean {
    return this.stories.every(({ whims }) => whims.length === 0);
  }

  private seconds(): number {
    return (Date.now() - this.begun) / 1000;
  }

  private whims(): TaskStory['whims'] {
    const now = this.seconds();
    return Array.from({ length: 1 + Math.floor(this.random() * 3) }, () => ({
      at: now + this.random() * 8,
      kind: WHIM_KINDS[Math.floor(this.random() * WHIM_KINDS.length)]!,
    })).sort((a, b) => a.at - b.at);
  }

  /** What the scenario's user does, by the same ways as whims, so that it is written down. */
  private async follow(story: TaskStory, seen: SeenTask): Promise<void> {
    const action = story.scenario.user?.[story.done];
    if (!action?.when(seen)) return;
    story.done += 1;
    const runs = this.runs(story).length;
    const [open] = seen.requests.filter(({ complete }) => !complete);
    // The master is down, or has lost the build: the user sees that nothing has happened.
    if ((await action.act(this.sandbox, seen)) === false) {
      story.done -= 1;
      return;
    }
    const after = this.runs(story);
    if (after.length > runs) story.userRuns.push(after.length - 1);
    if (after[runs - 1]?.reasonResolved === 'canceled') story.cancelledRuns.push(runs - 1);
    else if (open && /cancelled in Buildbot/.test(story.scenario.name)) {
      story.cancelledRequests.push(open.buildRequestId);
    }
  }

  private async indulge(story: TaskStory, seen: SeenTask, kind: WhimKind): Promise<void> {
    const { taskcluster, master } = this.sandbox;
    const runs = this.runs(story).length;
    switch (kind) {
      case 'cancel task': {
        if (!['pending', 'running'].includes(this.runs(story).at(-1)!.state)) return;
        taskcluster.cancel(story.taskId);
        story.cancelledRuns.push(runs - 1);
        break;
      }
      case 'rerun task':
        taskcluster.rerun(story.taskId);
        if (this.runs(story).length === runs) return;
        story.userRuns.push(runs);
        break;
      case 'cancel in Buildbot': {
        const open = seen.requests.find(({ complete }) => !complete);
        if (!open) return;
        const current = master
          .inProgress()
          .find(({ buildRequestIds }) => buildRequestIds.includes(open.buildRequestId));
        const done =
          current?.number === undefined
            ? await master.cancelPending(open.buildRequestId)
            : master.isUp && master.stopBuild(current.buildername, current.number);
        if (!done) return;
        story.cancelledRequests.push(open.buildRequestId);
      }
    }
    this.tally.count(`users: ${kind}`);
  }

  private runs({ taskId }: TaskStory) {
    return this.sandbox.taskcluster.state.status(taskId).runs;
  }
}
