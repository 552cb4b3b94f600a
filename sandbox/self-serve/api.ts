import type { JsonValue } from '@bbb/rules';
import type { SchedulerConnection, Statements } from '../buildbot/index.js';
import { answer, failed, html, redirect, type Answer } from './answers.js';
import { jobBody, type JobAction, type Job, type Jobs } from './jobs.js';
import type { Fault, SelfServeOptions } from './options.js';
import type { Replica } from './replica.js';
import {
  readBuild,
  readBuilds,
  readMerged,
  readProperties,
  readRequest,
  type BuildRow,
  type RequestRow,
} from './rows.js';

export const PREFIX = '/buildapi/self-serve';

export interface ApiRequest {
  method: string;
  /** Below the prefix, without the query. */
  path: string;
  user: string | null;
  asJson: boolean;
  form: URLSearchParams;
  fault: Fault | undefined;
}

/** What Self Serve's web part answers. It reads a replica, checks no state, and leaves the work to the agent. */
export class SelfServeApi {
  constructor(
    private readonly connection: SchedulerConnection,
    private readonly options: SelfServeOptions,
    private readonly jobs: Jobs,
    private readonly replica: Replica,
  ) {}

  async handle(request: ApiRequest): Promise<Answer> {
    if (!request.user) return html(403, 'ACCESS DENIED!');
    const { path, asJson } = request;
    if (path.endsWith('/')) return redirect(301, `${PREFIX}${path.slice(0, -1)}`);
    const [branch, kind, id, ...rest] = path.slice(1).split('/').map(decodeURIComponent);
    if (branch === 'jobs' && rest.length === 0 && id === undefined) return this.job(kind, asJson);
    if ((kind !== 'request' && kind !== 'build') || id === undefined || rest.length > 0) {
      return html(404, 'Not found');
    }
    if (!this.options.branches.includes(branch!)) return failed(404, `Branch ${branch} not found`, asJson);
    if (!/^\d+$/.test(id)) return failed(400, `Non-integer ${kind}_id`, asJson);
    return this.row(request, kind, branch!, Number(id));
  }

  private job(id: string | undefined, asJson: boolean): Answer {
    if (id === undefined) return answer(200, this.jobs.all.map(jobBody), asJson);
    const job = this.jobs.find(Number(id));
    return job ? answer(200, jobBody(job), asJson) : failed(404, `Job ${id} not found`, asJson);
  }

  private async row(
    request: ApiRequest,
    kind: 'request' | 'build',
    branch: string,
    id: number,
  ): Promise<Answer> {
    const now = this.options.clock.now();
    await this.replica.look(now);
    const found = await this.connection.read((statements) => this.find(statements, kind, id));
    const missing = !found || !this.replica.has(kind, id, now) || !isOn(branch, found.request.branch);
    if (missing) {
      const name = kind === 'request' ? 'Request' : 'Build';
      return failed(404, `${name} ${id} not found on branch ${branch}`, request.asJson);
    }
    if (request.method === 'DELETE') {
      return kind === 'request'
        ? this.accept(request, 'cancel_request', { brid: id })
        : this.accept(request, 'cancel_build', { bid: id });
    }
    if (request.method === 'PUT' && kind === 'request') return this.reprioritize(request, found.request);
    if (request.method !== 'GET') return html(405, 'Method not allowed');
    return answer(200, await this.shown(kind, found), request.asJson);
  }

  private async find(statements: Statements, kind: 'request' | 'build', id: number) {
    const build = kind === 'build' ? await readBuild(statements, id) : undefined;
    if (kind === 'build' && !build) return undefined;
    const request = await readRequest(statements, this.options.schema, build?.brid ?? id);
    return request && { request, build };
  }

  private reprioritize(request: ApiRequest, row: RequestRow): Answer {
    const priority = request.form.get('priority') ?? '';
    if (!/^-?\d+$/.test(priority)) return failed(400, 'Bad priority', request.asJson);
    if (row.complete) return failed(400, 'Request already complete', request.asJson);
    if (row.claimed_at) return failed(400, 'Request is already running', request.asJson);
    return this.accept(request, 'reprioritize', { brid: row.brid, priority: Number(priority) });
  }

  private accept({ fault, user, asJson }: ApiRequest, action: JobAction, what: Job['what']): Answer {
    if (fault?.kind === 'job-not-stored') return failed(503, "Couldn't create JobRequest row", asJson);
    const sent = fault?.kind !== 'broker-down';
    const job = this.jobs.add(action, what, user!, this.options.clock.now(), sent);
    if (!sent) return failed(503, "Couldn't send message to broker", asJson);
    if (!asJson) return redirect(302, `${PREFIX}/jobs/${job.id}`);
    return answer(202, { status: 'OK', request_id: job.id }, true);
  }

  private shown(
    kind: 'request' | 'build',
    { request, build }: { request: RequestRow; build?: BuildRow },
  ): Promise<JsonValue> {
    return this.connection.read(async (statements) => {
      if (kind === 'build') return this.buildBody(statements, build!, request);
      const builds = await readBuilds(statements, request.brid);
      return { ...(await requestBody(statements, request)), build_ids: builds.map(({ id }) => id) };
    });
  }

  private async buildBody(statements: Statements, build: BuildRow, own: RequestRow): Promise<JsonValue> {
    const requests: JsonValue[] = [];
    for (const { brid } of await readMerged(statements, build)) {
      const request = await readRequest(statements, this.options.schema, brid);
      if (request) requests.push(await requestBody(statements, request));
    }
    return {
      build_id: build.id,
      requests,
      buildnumber: build.number,
      buildername: own.buildername,
      branch: own.branch,
      revision: own.revision,
      starttime: build.start_time,
      endtime: build.finish_time,
      status: own.results,
      claimed_by_name: own.claimed_by_name,
    };
  }
}

/** `{branch}` cannot hold a slash: one end of the source stamp's branch is enough. */
function isOn(branch: string, actual: string | null): boolean {
  return actual !== null && (actual.startsWith(branch) || actual.endsWith(branch));
}

async function requestBody(statements: Statements, row: RequestRow): Promise<Record<string, JsonValue>> {
  return {
    request_id: row.brid,
    buildername: row.buildername,
    branch: row.branch,
    revision: row.revision,
    submittime: row.submitted_at,
    complete: row.complete,
    complete_at: row.complete_at,
    priority: row.priority,
    claimed_at: row.claimed_at,
    reason: row.reason,
    properties: await readProperties(statements, row.buildsetid),
  };
}
