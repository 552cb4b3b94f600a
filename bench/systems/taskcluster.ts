import { AskedProcess } from './asked-process.js';
import type { TaskclusterCommand, TaskclusterReplies } from './taskcluster-commands.js';

/** A simulated Taskcluster in another process. */
export class Taskcluster extends AskedProcess<TaskclusterCommand, TaskclusterReplies> {
  /** @param latency milliseconds by which every answer is late */
  static start(latency: number): Taskcluster {
    return new Taskcluster('taskcluster-process.js', latency);
  }
}
