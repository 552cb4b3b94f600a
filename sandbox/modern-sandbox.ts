import type { JsonValue } from '@bbb/rules';
import { type Account, MasterRest } from '../test/support/real-buildbot/master-rest.js';
import type { Scenario } from './mix.js';
import { configureModernMaster, createModernTask } from './modern-mix.js';
import { ModernMasterSimulator } from './modern/index.js';
import { SKIPPED } from './modern/results.js';
import type { SeenRequest } from './seen.js';
import type { TaskInput } from './taskcluster/index.js';
import {
  type CommonSide,
  startCommonSide,
  CommonSandbox,
  type CommonSandboxOptions,
} from './common-sandbox.js';

/** A master that somebody else runs. */
export interface GivenMaster {
  url: string;
  account: Account;
  scheduler: string;
  /** Builders that the scheduler must serve; default those of the mix. */
  builders?: readonly string[];
}

export interface ModernSandboxOptions extends CommonSandboxOptions {
  /** Default a simulated one. */
  master?: GivenMaster;
}

/** The password of the account `bridge`; also in modern/master.cfg. */
export const SANDBOX_PASSWORD = 'sandbox-password';

/** Runs of a task, at most; a request's key names the run that it was created for. */
const MOST_RUNS = 3;

/** Tasks of which the requests are read at once: the request line has a limit. */
const TASKS_AT_ONCE = 60;

interface RequestRow {
  buildrequestid: number;
  buildsetid: number;
  complete: boolean;
  results: number;
}

/** Everything outside the bridge, with a modern Buildbot, simulated or real. */
export class ModernSandbox extends CommonSandbox {
  /** A modern Buildbot sends no messages. */
  protected override readonly finishedGrace = 0;

  private constructor(
    options: ModernSandboxOptions,
    common: CommonSide,
    private readonly master: GivenMaster,
    private readonly rest: MasterRest,
    readonly simulator: ModernMasterSimulator | undefined,
  ) {
    super(options, common);
  }

  /** @throws Error when the master that is named cannot show the mix; the message says why */
  static async start(options: ModernSandboxOptions): Promise<ModernSandbox> {
    const given = options.master;
    const account = given?.account ?? { user: 'bridge', password: SANDBOX_PASSWORD };
    const configuration = configureModernMaster();
    const simulator = given
      ? undefined
      : await ModernMasterSimulator.start({
          configuration,
          accounts: { passwords: { [account.user]: account.password }, controllers: [account.user] },
        });
    const master = given ?? { url: simulator!.url, account, scheduler: configuration.bridgeSchedulers[0]! };
    const rest = new MasterRest(master.url.replace(/\/$/, ''), account);
    const builders = configuration.builders
      .map(({ name }) => name)
      .filter((name) => !name.endsWith('fragile'));
    if (given) await checkMaster({ builders, ...given }, rest);
    return new ModernSandbox(options, await startCommonSide(options), master, rest, simulator);
  }

  override createTask(scenario: Scenario, group: number, now: number): Partial<TaskInput> {
    return createModernTask(scenario, group, now);
  }

  /** A real master ends its builds by itself. */
  override finishBuild(buildRequestId: number): void {
    this.simulator?.finishBuild(buildRequestId);
  }

  override cancelRequest(buildRequestId: number): Promise<unknown> {
    return this.rest.call(`/buildrequests/${buildRequestId}`, 'cancel', { reason: 'by a user' });
  }

  /** The master ends a waiting request without a build, as for one that looks equal. */
  collapse(buildRequestId: number): void {
    this.simulator!.endRequest(buildRequestId, SKIPPED);
  }

  loseWorker(name: string): void {
    this.simulator!.worker(name).kill();
  }

  startWorker(name: string): void {
    this.simulator!.worker(name).start();
  }

  protected override async requestsOf(
    taskIds: readonly string[],
  ): Promise<ReadonlyMap<string, SeenRequest[]>> {
    const found = new Map<string, SeenRequest[]>();
    for (let at = 0; at < taskIds.length; at += TASKS_AT_ONCE)
      for (const [task, requests] of await this.read(taskIds.slice(at, at + TASKS_AT_ONCE)))
        found.set(task, requests);
    return found;
  }

  protected override buildbotSettings(): Readonly<Record<string, JsonValue>> {
    const { url, account, scheduler } = this.master;
    return { buildbot: { kind: 'modern', url, ...account, scheduler } };
  }

  protected override async stopBuildbot(): Promise<void> {
    await this.simulator?.kill();
  }

  private async read(taskIds: readonly string[]): Promise<Map<string, SeenRequest[]>> {
    const keys = taskIds.flatMap((id) => Array.from({ length: MOST_RUNS }, (_, run) => `${id}/${run}`));
    const sets = await this.rows('buildsets', 'external_idstring', keys);
    const requests = (await this.rows('buildrequests', 'buildsetid', idsOf(sets, 'bsid'))) as RequestRow[];
    const builds = await this.rows('builds', 'buildrequestid', idsOf(requests, 'buildrequestid'));
    const found = new Map<string, SeenRequest[]>();
    for (const { buildrequestid, buildsetid, complete, results } of requests) {
      const set = sets.find(({ bsid }) => bsid === buildsetid);
      const taskId = set.external_idstring.split('/')[0] as string;
      const seen: SeenRequest = {
        ...{ buildRequestId: buildrequestid, complete, results },
        builds: builds
          .filter((build) => build.buildrequestid === buildrequestid)
          .map(({ number, complete: isOver }) => ({ number, running: !isOver })),
      };
      found.set(taskId, [...(found.get(taskId) ?? []), seen]);
    }
    return found;
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  private async rows(collection: string, name: string, values: readonly (string | number)[]): Promise<any[]> {
    if (values.length === 0) return [];
    const query = values.map((value) => `${name}__in=${encodeURIComponent(value)}`).join('&');
    return this.rest.rows(`/${collection}?${query}`);
  }
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function idsOf(rows: readonly any[], name: string): number[] {
  return rows.map((row) => row[name] as number);
}

/** Whether a master has what the mix needs. */
async function checkMaster({ scheduler, builders }: Required<GivenMaster>, rest: MasterRest): Promise<void> {
  if ((await rest.login()) !== 302) throw new Error('the master does not accept the login');
  const { status, body } = await rest.get(`/api/v2/forceschedulers/${encodeURIComponent(scheduler)}`);
  if (status !== 200) throw new Error(`the master has no scheduler ${scheduler}`);
  const names = (body as { forceschedulers: { builder_names: string[] }[] }).forceschedulers[0]!
    .builder_names;
  const missing = builders.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw new Error(
      `scheduler ${scheduler} does not serve the builders of the mix (sandbox/modern/master.cfg has them): ${missing.join(', ')}`,
    );
}
