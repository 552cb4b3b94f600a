import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TaskclusterCommand, TaskclusterReplies } from './taskcluster-commands.js';

type Reply<Ask extends TaskclusterCommand['ask']> = TaskclusterReplies[Ask];

/** A simulated Taskcluster in another process. */
export class Taskcluster {
  private readonly waiting = new Map<number, (reply: unknown) => void>();
  private asked = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', ({ id, reply }: { id: number; reply: unknown }) => {
      this.waiting.get(id)?.(reply);
      this.waiting.delete(id);
    });
  }

  /** @param latency milliseconds by which every answer is late */
  static start(latency: number): Taskcluster {
    const file = fileURLToPath(new URL('taskcluster-process.js', import.meta.url));
    return new Taskcluster(fork(file, [String(latency)], { stdio: 'inherit' }));
  }

  ask<Command extends TaskclusterCommand>(command: Command): Promise<Reply<Command['ask']>> {
    const id = this.asked++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve as (reply: unknown) => void);
      this.child.send({ id, command });
    });
  }

  stop(): void {
    this.child.disconnect();
  }
}
