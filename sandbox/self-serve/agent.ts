import type { SchedulerConnection } from '../buildbot/index.js';
import type { Job, JobOutcome } from './jobs.js';
import type { SelfServeOptions } from './options.js';
import { readBuild, readBuilds, readRequest, type RequestRow } from './rows.js';

/** The master's answer is not looked at: a build that has ended is stopped as happily as a running one. */
const FAILED: JobOutcome = { errors: true, msg: 'Error cancelling build' };

/**
 * Does what Self Serve promised, as the real agent did: with no more care about claims, numbers and races than it took.
 */
export class SelfServeAgent {
  constructor(
    private readonly connection: SchedulerConnection,
    private readonly options: SelfServeOptions,
  ) {}

  perform(job: Job): Promise<JobOutcome> {
    switch (job.action) {
      case 'cancel_request':
        return this.cancelRequest(job.what.brid!);
      case 'cancel_build':
        return this.cancelBuild(job.what.bid!);
      case 'reprioritize':
        return this.reprioritize(job.what.brid!, job.what.priority!);
    }
  }

  private async cancelRequest(brid: number): Promise<JobOutcome> {
    const request = await this.request(brid);
    if (!request) return { errors: true, msg: `Request ${brid} not found` };
    if (request.complete) return { errors: false, msg: `Request ${brid} is complete, nothing to do` };
    if (request.claimed_at) {
      // The first row that has not ended, which may be one that a crash left behind.
      const builds = await this.connection.read((statements) => readBuilds(statements, brid));
      const build = builds.find(({ finish_time }) => finish_time === null);
      if (!build) return FAILED;
      return this.stop(request, build.number, `${brid}: Ok`);
    }
    await this.options.beforeUpdate?.(brid);
    const { dialect } = this.connection;
    const now = this.options.clock.now();
    await this.connection.transaction((statements) =>
      statements.change('UPDATE buildrequests SET complete = 1, results = 2, complete_at = ? WHERE id = ?', [
        dialect === 'sqlite' ? now : Math.floor(now),
        brid,
      ]),
    );
    return { errors: false, msg: `${brid}: Ok` };
  }

  private async cancelBuild(bid: number): Promise<JobOutcome> {
    const build = await this.connection.read((statements) => readBuild(statements, bid));
    const request = build && (await this.request(build.brid));
    if (!request) return { errors: true, msg: `Build ${bid} not found` };
    if (request.complete) return { errors: false, msg: `Build ${bid} is complete, nothing to do` };
    // The number is that of the build asked for; the master is whoever holds the request now.
    return this.stop(request, build.number, `${bid}: Ok`);
  }

  private async reprioritize(brid: number, priority: number): Promise<JobOutcome> {
    await this.connection.transaction((statements) =>
      statements.change('UPDATE buildrequests SET priority = ? WHERE id = ?', [priority, brid]),
    );
    return { errors: false, msg: `${brid}: Ok` };
  }

  private stop(request: RequestRow, number: number, msg: string): JobOutcome {
    const master = this.options.masters().find(({ name }) => name === request.claimed_by_name);
    if (!master) return FAILED;
    try {
      master.stopBuild(request.buildername, number);
    } catch {
      return FAILED;
    }
    return { errors: false, msg };
  }

  private request(brid: number): Promise<RequestRow | undefined> {
    return this.connection.read((statements) => readRequest(statements, this.options.schema, brid));
  }
}
