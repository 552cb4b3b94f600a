import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A simulated system in a process of its own, so that its work counts neither as the bench's nor as a service's. */
export class AskedProcess<
  Command extends { ask: string },
  Replies extends { [Ask in Command['ask']]: unknown },
> {
  private readonly waiting = new Map<number, (reply: unknown) => void>();
  private readonly child: ChildProcess;
  private asked = 0;

  /** @param file compiled module beside this one @param latency milliseconds by which every answer is late */
  constructor(file: string, latency: number) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.child = fork(path, [String(latency)], { stdio: 'inherit' });
    this.child.on('message', ({ id, reply }: { id: number; reply: unknown }) => {
      this.waiting.get(id)?.(reply);
      this.waiting.delete(id);
    });
  }

  ask<Asked extends Command>(command: Asked): Promise<Replies[Asked['ask']]> {
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

/** The other end: answers what is asked. */
export function answerCommands<Command>(answer: (command: Command) => unknown): void {
  process.on('message', ({ id, command }: { id: number; command: Command }) => {
    void Promise.resolve(answer(command)).then((reply) => process.send?.({ id, reply }));
  });
  process.on('disconnect', () => process.exit());
}
