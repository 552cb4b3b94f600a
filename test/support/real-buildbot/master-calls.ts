import { randomBytes } from 'node:crypto';
import { eventually } from '../eventually.js';
import type { MasterRest, RestAnswer } from './master-rest.js';

/** The parameters of the plugin's method `force`. */
export interface CreateCall {
  key: string;
  after?: number;
  since?: number;
  withdraw?: boolean;
  builderNames?: string[];
  properties?: object;
  sourcestamp?: object;
  reason?: string;
  priority?: number;
}

/** The plugin's answer. */
export interface Created {
  buildset: number;
  request: number | null;
  withdrawn: boolean;
  created: boolean;
}

export interface RequestRow {
  buildrequestid: number;
  buildsetid: number;
  builderid: number;
  claimed: boolean;
  complete: boolean;
  results: number;
  priority: number;
}

export interface BuildRow {
  buildid: number;
  number: number;
  builderid: number;
  buildrequestid: number;
  masterid: number;
  /** Whole seconds. */
  started_at: number;
  complete: boolean;
  complete_at: number | null;
  results: number | null;
  state_string: string;
}

/** Any key or task id that no other test uses. */
export function newKey(): string {
  return `${randomBytes(16).toString('base64url')}/0`;
}

/** What tests ask of a master, above plain REST. Works on real and simulated masters. */
export class MasterCalls {
  private readonly requested = new Set<number>();

  constructor(
    readonly rest: MasterRest,
    private readonly scheduler = 'bridge',
  ) {}

  /** Calls the plugin. @returns the whole answer, also of an error */
  async tryCreate(call: object, scheduler = this.scheduler): Promise<RestAnswer> {
    const answer = await this.rest.call(`/forceschedulers/${scheduler}`, 'force', call);
    const request = (answer.body as { result?: Created }).result?.request;
    if (request) this.requested.add(request);
    return answer;
  }

  /** Calls the plugin, on builder `slow` unless another is named; a failure if it refuses. */
  async create(call: CreateCall, scheduler?: string): Promise<Created> {
    const builders = call.withdraw ? {} : { builderNames: ['slow'] };
    const answer = await this.tryCreate({ ...builders, ...call }, scheduler);
    if (answer.status !== 200) throw new Error(`the plugin answered ${JSON.stringify(answer)}`);
    return (answer.body as { result: Created }).result;
  }

  /** A build request by the stock ForceScheduler. @returns its id */
  async force(builder: string, params: Record<string, unknown> = {}): Promise<number> {
    const answer = await this.rest.call('/forceschedulers/force', 'force', {
      builderNames: [builder],
      ...params,
    });
    const result = (answer.body as { result?: [number, Record<string, number>] }).result;
    const [request] = Object.values(result?.[1] ?? {});
    if (!request) throw new Error(`force answered ${JSON.stringify(answer)}`);
    this.requested.add(request);
    return request;
  }

  cancel(request: number): Promise<RestAnswer> {
    return this.rest.call(`/buildrequests/${request}`, 'cancel', { reason: 'test' });
  }

  stop(build: number): Promise<RestAnswer> {
    return this.rest.call(`/builds/${build}`, 'stop', { reason: 'test' });
  }

  /** @returns the id of the new build request */
  async rebuild(build: number): Promise<number> {
    const answer = await this.rest.call(`/builds/${build}`, 'rebuild', {});
    const [request] = Object.values((answer.body as { result: [number, Record<string, number>] }).result[1]);
    this.requested.add(request!);
    return request!;
  }

  async request(id: number): Promise<RequestRow> {
    return (await this.rest.rows(`/buildrequests/${id}`))[0] as RequestRow;
  }

  /** The builds of a request, oldest first. */
  async builds(request: number): Promise<BuildRow[]> {
    return (await this.rest.rows(`/builds?buildrequestid=${request}&order=buildid`)) as BuildRow[];
  }

  async build(request: number): Promise<BuildRow | undefined> {
    return (await this.builds(request)).at(-1);
  }

  async buildsets(key: string) {
    return this.rest.rows(`/buildsets?external_idstring=${encodeURIComponent(key)}&order=bsid`);
  }

  async builder(name: string) {
    return (await this.rest.rows(`/builders?name=${name}`))[0];
  }

  /** Waits for the newest build of a request to be under way. */
  running(request: number): Promise<BuildRow> {
    return this.until(
      () => this.build(request),
      (build) => build?.complete === false,
    ) as Promise<BuildRow>;
  }

  /**
   * Waits for the worker to run the command of step `wait` in the newest build of a request: what stops a build before
   * that leaves another trace than what stops it later.
   */
  async inStep(request: number): Promise<BuildRow> {
    const build = await this.running(request);
    await this.until(
      () => this.rest.rows(`/builds/${build.buildid}/steps/wait/logs`),
      (logs) => logs.some(({ num_lines: lines }) => lines > 0),
    );
    return build;
  }

  /** Waits for a request to be complete. */
  completed(request: number): Promise<RequestRow> {
    return this.until(
      () => this.request(request),
      ({ complete }) => complete,
    );
  }

  /** Reads until what was read is right; the failure says what was read last. */
  until<T>(read: () => Promise<T>, isRight: (value: T) => boolean, seconds = 60): Promise<T> {
    return eventually(async () => {
      const value = await read();
      if (!isRight(value)) throw new Error(`still ${JSON.stringify(value)}`);
      return value;
    }, seconds);
  }

  /** Cancels what these calls requested and is still open, so that later tests find free workers. */
  async cancelAll(): Promise<void> {
    // The newest first: else each that ends lets another begin.
    for (const id of [...this.requested].reverse()) await this.cancelUntilComplete(id);
    this.requested.clear();
  }

  /**
   * Repeats the cancellation: before Buildbot 4.0, one that comes while a build is being made has no effect. Since then, it
   * leaves a build that never ends, so a request that is claimed is not cancelled before its build has been started.
   */
  async cancelUntilComplete(request: number): Promise<void> {
    await this.until(
      async () => {
        const row = await this.request(request);
        const build = row.claimed ? await this.build(request) : undefined;
        const isBeginning = row.claimed && (!build || build.state_string === 'created');
        if (!row.complete && !isBeginning) await this.cancel(request);
        return row;
      },
      ({ complete }) => complete,
    );
  }
}
