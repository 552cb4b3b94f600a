import type { JsonValue } from '@bbb/rules';

export type JobAction = 'cancel_request' | 'cancel_build' | 'reprioritize';

export interface JobOutcome {
  errors: boolean;
  msg: string;
}

/** Work for the agent. Times are epoch seconds. */
export interface Job {
  id: number;
  action: JobAction;
  what: { brid?: number; bid?: number; priority?: number };
  who: string;
  when: number;
  completedAt: number | null;
  outcome: JobOutcome | null;
  /** The agent heard of it; false when the broker was down. */
  sent: boolean;
}

/** Self Serve's table of jobs. */
export class Jobs {
  readonly all: Job[] = [];

  constructor(private nextId: number) {}

  add(action: JobAction, what: Job['what'], who: string, when: number, sent: boolean): Job {
    const job = { id: this.nextId++, action, what, who, when, completedAt: null, outcome: null, sent };
    this.all.push(job);
    return job;
  }

  find(id: number): Job | undefined {
    return this.all.find((job) => job.id === id);
  }

  /** Waiting jobs that were accepted until then. */
  waiting(until: number): Job[] {
    return this.all.filter((job) => job.sent && job.outcome === null && job.when <= until);
  }
}

/** A job as Self Serve shows it. */
export function jobBody(job: Job): JsonValue {
  return {
    action: job.action,
    who: job.who,
    when: Math.floor(job.when),
    completed_at: job.completedAt === null ? null : Math.floor(job.completedAt),
    complete_data: job.outcome && { body: { ...job.outcome }, request_id: job.id },
    what: { ...job.what },
  };
}
