import { bridsOf, isOver, type Build } from './build.js';
import type { BuildNumbers } from './build-numbers.js';
import {
  envelope,
  finishedMessage,
  logUploadedMessage,
  startedMessage,
  type BuildMessage,
} from './messages.js';
import type { MessagePipeline } from './pipeline.js';
import type { BuildResult } from './plan.js';
import { canBeReported } from './properties.js';
import { finishBuilds, retireRequests, startBuilds } from './scheduler/builds.js';
import type { Claims, MasterIdentity } from './scheduler/claims.js';
import type { SchedulerConnection } from './scheduler/connection.js';

/** Counters of a master: the first one begins anew with each process, the second is the status database's. */
export interface Counters {
  message: number;
  statusdb: number;
}

/** The rest of the master, as far as a build needs it. */
export interface CourseOptions {
  connection: SchedulerConnection;
  claims: Claims;
  pipeline: MessagePipeline;
  numbers: BuildNumbers;
  counters: Counters;
  /** Seconds between two reclaims of a running build's claims. */
  reclaimEvery: number;
  exchange: string;
  /** What a stopped build ends with. */
  cancelledResult: BuildResult;
  /** Where uploaded logs lie. */
  logBase: string;
}

/** What became of a build in one look: `returned` means that its requests are open and unclaimed again. */
export type Progress = 'unchanged' | 'changed' | 'done' | 'returned';

/** Takes a build from its claim to its end, with the writes and messages of the real master in their order. */
export class BuildCourse {
  constructor(private readonly parts: CourseOptions) {}

  async advance(build: Build, master: MasterIdentity, now: number): Promise<Progress> {
    switch (build.phase) {
      case 'claimed':
        return this.begin(build, master, now);
      case 'running':
        return this.watch(build, master, now);
      case 'ended':
        return this.retire(build, now);
    }
  }

  private async begin(build: Build, master: MasterIdentity, now: number): Promise<Progress> {
    if (now < build.claimedAt + (build.plan.claimWindow ?? 0)) return 'unchanged';
    const { connection, claims, numbers, counters } = this.parts;
    if (build.plan.deadWorker) {
      await connection.transaction((statements) => claims.unclaim(statements, bridsOf(build)));
      return 'returned';
    }
    if (build.number < 0) build.number = numbers.allocate(build.builder.name);
    build.rowIds = await connection.transaction((statements) =>
      startBuilds(statements, bridsOf(build), build.number, now),
    );
    build.phase = 'running';
    build.startedAt = now;
    this.send(build, startedMessage(build, ++counters.message), master, now);
    return 'changed';
  }

  private async watch(build: Build, master: MasterIdentity, now: number): Promise<Progress> {
    const { connection, claims, numbers, counters, cancelledResult, reclaimEvery } = this.parts;
    const { cancel } = build.plan;
    if (typeof cancel === 'object' && now >= build.startedAt + cancel.after) build.stopped = true;
    if (!isOver(build, now)) {
      if (now < build.reclaimedAt + reclaimEvery) return 'unchanged';
      await connection.transaction((statements) => claims.reclaim(statements, bridsOf(build), master, now));
      build.reclaimedAt = now;
      return 'unchanged';
    }
    await connection.transaction((statements) => finishBuilds(statements, build.rowIds, now));
    // The master tells first and writes then; nobody can see that here, and a failed write is simply repeated.
    build.results = build.stopped ? cancelledResult : (build.plan.results ?? 0);
    build.endedAt = now;
    build.phase = 'ended';
    numbers.finished(build.builder.name, build.number);
    this.send(build, finishedMessage(build, ++counters.message), master, now);
    if (canBeReported(build)) {
      const uploaded = logUploadedMessage(build, this.logUrl(build), ++counters.statusdb);
      this.send(build, uploaded, master, now);
    }
    return 'changed';
  }

  private async retire(build: Build, now: number): Promise<Progress> {
    if (now < build.endedAt + (build.plan.finishWindow ?? 0)) return 'unchanged';
    const { connection, claims } = this.parts;
    if (build.results === 5) {
      await connection.transaction((statements) => claims.unclaim(statements, bridsOf(build)));
      return 'returned';
    }
    await connection.transaction((statements) =>
      retireRequests(statements, claims, build.requests, build.results, now),
    );
    return 'done';
  }

  private send(build: Build, message: BuildMessage, master: MasterIdentity, now: number): void {
    const { pipeline, exchange } = this.parts;
    const sent = pipeline.sentAt(message.kind, now);
    const enveloped = envelope(message, exchange, master, sent);
    pipeline.add(message.kind, message.routingKey, enveloped, now, build.plan.messages?.[message.kind]);
  }

  private logUrl(build: Build): string | null {
    if (build.plan.logUrl !== undefined) return build.plan.logUrl;
    const { shortname } = build.builder;
    return `${this.parts.logBase}/${shortname}/${Math.floor(build.startedAt)}/${shortname}-build${build.number}.txt.gz`;
  }
}
