import type { BuilderSetting, BuildPlan, BuildResult } from './plan.js';
import type { LoadedRequest } from './scheduler/requests.js';

/** A build as a master keeps it in memory, from the claim on. Times are epoch seconds. */
export interface Build {
  builder: BuilderSetting;
  /** More than one when requests were merged; the first one's plan holds. */
  requests: LoadedRequest[];
  plan: BuildPlan;
  worker: string;
  claimedAt: number;
  /** When the claim was last reclaimed. */
  reclaimedAt: number;
  phase: 'claimed' | 'running' | 'ended';
  number: number;
  rowIds: number[];
  startedAt: number;
  endedAt: number;
  results: BuildResult;
  /** Asked to stop; `user` or Self Serve, a master does not know the difference. */
  stopped: boolean;
  /** Told to end although its plan says hold. */
  released: boolean;
}

/** Whether a running build ends now. */
export function isOver(build: Build, now: number): boolean {
  if (build.stopped || build.released) return true;
  return !build.plan.hold && now >= build.startedAt + (build.plan.duration ?? 0);
}

export function bridsOf(build: Build): number[] {
  return build.requests.map(({ brid }) => brid);
}
