/** The queue's time limits, in seconds; a sandbox may scale them down. */
export interface QueueSettings {
  /** takenUntil = now + this. */
  claimTimeout: number;
  /** How long after its deadline a task is resolved as deadline-exceeded. */
  deadlineDelay: number;
  /** How long after the end of a run in exception artifacts are still accepted. */
  artifactGrace: number;
  /** How long temporary credentials outlive their expiry. */
  credentialTolerance: number;
  /** How far a task's creation time may be off. */
  createdTolerance: number;
  maxDeadline: number;
  maxRuns: number;
}

/** As in Taskcluster 106. */
export const QUEUE_DEFAULTS: QueueSettings = {
  claimTimeout: 1200,
  deadlineDelay: 60,
  artifactGrace: 25 * 60,
  credentialTolerance: 5 * 60,
  createdTolerance: 15 * 60,
  maxDeadline: 5 * 24 * 3600,
  maxRuns: 50,
};
