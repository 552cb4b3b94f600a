import * as z from 'zod';
import { createBoundedArray, Invalid } from '@bbb/rules';

/** A slugid of version 4, as Taskcluster's queue requires it (services/queue/src/api.js, version 106). */
const TASK_ID = /^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$/;

/** Far more than the 50 runs that Taskcluster allows. */
const MAX_RUNS = 1000;

// Unknown keys are not copied: a key named `__proto__` would set the message's prototype.
const schema = z.object({
  status: z.object({
    taskId: z.string().regex(TASK_ID),
    runs: createBoundedArray(
      MAX_RUNS,
      z.object({
        runId: z.int().min(0).max(MAX_RUNS),
        state: z.string(),
        reasonResolved: z.string().optional(),
      }),
    ),
  }),
  runId: z.int().min(0).max(MAX_RUNS).optional(),
});

/** The content of a Taskcluster queue message, as far as the bridge uses it. */
export interface TaskMessage {
  taskId: string;
  /** Undefined when a task ended without any run. */
  runId?: number;
  /** Of that run, which need not be the last one. */
  reasonResolved?: string;
}

/**
 * Reads a task-pending or task-exception message. Ignores unknown keys: Taskcluster has added some over time.
 *
 * @throws Invalid when it is not such a message
 */
export function readTaskMessage(payload: unknown): TaskMessage {
  const result = schema.safeParse(payload);
  if (!result.success) throw new Invalid(`not a task message: ${z.prettifyError(result.error)}`);
  const { status, runId } = result.data;
  const run = status.runs.find((candidate) => candidate.runId === runId);
  return { taskId: status.taskId, runId, reasonResolved: run?.reasonResolved };
}
