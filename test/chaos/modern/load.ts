import type { CommonSandbox } from '../../../sandbox/common-sandbox.js';
import type { MasterCalls } from '../../support/real-buildbot/master-calls.js';
import type { Tally } from '../counters.js';
import type { AuditedRequest, AuditedTask } from './audit.js';

/** Builders of test/support/real-buildbot/master.cfg, and how their builds end. */
const ENDS: Readonly<Record<string, AuditedTask['expected']>> = {
  ...{ good: 'completed', warn: 'failed', bad: 'failed', retry: 'completed', slow: 'completed' },
  ...{ merging: 'completed', numbers: 'completed', locked: 'completed', locked_too: 'completed' },
  ...{ child: 'completed', moving: 'completed' },
};

export const LOAD_BUILDERS = Object.keys(ENDS);

/** What some users do to their tasks while these run or wait. */
type Whim = 'cancel the task' | 'cancel the request' | 'rebuild the build';

interface Story {
  taskId: string;
  builder: string;
  whim: Whim | undefined;
  mayBeCancelled: boolean;
}

const SHARE_OF_WHIMS = 0.25;
const WHIMS: readonly Whim[] = ['cancel the task', 'cancel the request', 'rebuild the build'];

/** Tasks and what their users do. */
export class ModernLoad {
  readonly stories: Story[] = [];
  /** Tasks of which two build requests were open at one moment. */
  readonly doubled = new Set<string>();

  constructor(
    private readonly sandbox: CommonSandbox,
    /** Calls the master past the bridge and past the faults. */
    private readonly calls: MasterCalls,
    private readonly random: () => number,
    private readonly tally: Tally,
  ) {}

  create(): void {
    const builder = LOAD_BUILDERS[Math.floor(this.random() * LOAD_BUILDERS.length)]!;
    const properties = { seconds: 1 + Math.floor(this.random() * 4) };
    const taskId = this.sandbox.taskcluster.createTask({
      payload: { buildername: builder, sourcestamp: { branch: 'main' }, properties },
    });
    const whim = this.random() < SHARE_OF_WHIMS ? WHIMS[Math.floor(this.random() * WHIMS.length)] : undefined;
    this.stories.push({ taskId, builder, whim, mayBeCancelled: false });
  }

  /**
   * Users look at their tasks. A master that does not answer is no reason to give up.
   *
   * @returns what they see; undefined when the master does not answer
   */
  async look(): Promise<readonly AuditedTask[] | undefined> {
    const tasks = await this.readTasks().catch(() => undefined);
    for (const { taskId, requests } of tasks ?? [])
      if (requests.filter(({ isRebuild, complete }) => !isRebuild && !complete).length > 1)
        this.doubled.add(taskId);
    for (const [index, story] of this.stories.entries()) {
      const task = tasks?.[index];
      if (story.whim && task) await this.indulge(story, task).catch(() => undefined);
    }
    return tasks;
  }

  get isOver(): boolean {
    return this.stories.every(({ taskId }) =>
      ['completed', 'failed', 'exception'].includes(this.sandbox.taskcluster.state.status(taskId).state),
    );
  }

  /** Every task with its build requests. @throws Error while the master does not answer */
  async readTasks(): Promise<AuditedTask[]> {
    const { rest } = this.calls;
    const sets = await rest.rows('/buildsets?external_idstring__contains=/');
    const requests = await rest.rows('/buildrequests?order=buildrequestid');
    const builds = await rest.rows('/builds?order=buildid');
    const texts = new Map(builds.map((row) => [row.buildrequestid as number, row.state_string as string]));
    const setOf = new Map(sets.map((row) => [row.bsid as number, row]));
    const found = new Map<string, AuditedRequest[]>();
    for (const row of requests) {
      const set = setOf.get(row.buildsetid as number);
      if (!set) continue;
      const [taskId, run] = (set.external_idstring as string).split('/') as [string, string];
      const { buildrequestid: id, complete, results } = row;
      const isRebuild = set.reason === 'rebuild';
      const audited = { id, run: Number(run), isRebuild, complete, results, text: texts.get(id) ?? '' };
      found.set(taskId, [...(found.get(taskId) ?? []), audited]);
    }
    return this.stories.map(({ taskId, builder, mayBeCancelled }) => {
      const { state, runs } = this.sandbox.taskcluster.state.status(taskId);
      const reason = runs.at(-1)?.reasonResolved;
      return {
        taskId,
        expected: ENDS[builder]!,
        mayBeCancelled,
        state,
        reason,
        requests: found.get(taskId) ?? [],
      };
    });
  }

  private async indulge(story: Story, { state, requests }: AuditedTask): Promise<void> {
    const newest = requests.filter(({ isRebuild }) => !isRebuild).at(-1);
    switch (story.whim) {
      case 'cancel the task':
        if (state !== 'running' && state !== 'pending') return;
        story.mayBeCancelled = true;
        this.sandbox.taskcluster.cancel(story.taskId);
        break;
      case 'cancel the request':
        if (!newest || newest.complete) return;
        story.mayBeCancelled = true;
        await this.calls.cancel(newest.id);
        break;
      default: {
        const build = newest && (await this.calls.build(newest.id));
        if (!build?.complete) return;
        await this.calls.rebuild(build.buildid);
      }
    }
    this.tally.count(`user: ${story.whim}`);
    story.whim = undefined;
  }
}
