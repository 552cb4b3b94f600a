import { AskedProcess } from './asked-process.js';
import type { BuildFarm, BuiltTask } from './farm.js';
import type { ModernMasterCommand, ModernMasterReplies } from './modern-master-commands.js';
import type { MadeTask } from './taskcluster-commands.js';
import { TrackedRows } from './tracked-rows.js';

/** The same on a simulated modern master in a process of its own. */
export class ModernFarm implements BuildFarm {
  private constructor(
    private readonly master: AskedProcess<ModernMasterCommand, ModernMasterReplies>,
    private readonly trackedRows: TrackedRows,
  ) {}

  /** @param latency milliseconds by which every answer of the master is late */
  static async open(bridgeDb: string, latency: number): Promise<ModernFarm> {
    return new ModernFarm(
      new AskedProcess('modern-master-process.js', latency),
      await TrackedRows.open(bridgeDb),
    );
  }

  async close(): Promise<void> {
    this.master.stop();
    await this.trackedRows.close();
  }

  readUrl(): Promise<string> {
    return this.master.ask({ ask: 'url' });
  }

  countRequests(): Promise<number> {
    return this.master.ask({ ask: 'requests' });
  }

  countRestCalls(): Promise<number> {
    return this.master.ask({ ask: 'calls' });
  }

  countSnapshotCalls(): Promise<number> {
    return this.master.ask({ ask: 'snapshot calls' });
  }

  countTracked(): Promise<number> {
    return this.trackedRows.count();
  }

  async addBuilt(tasks: readonly MadeTask[]): Promise<BuiltTask[]> {
    const ids = await this.master.ask({ ask: 'build', taskIds: tasks.map(({ taskId }) => taskId) });
    const built = tasks.map((task, index) => ({ ...task, id: ids[index]! }));
    await this.trackedRows.add(built);
    return built;
  }

  async begin(tasks: readonly MadeTask[]): Promise<BuiltTask[]> {
    const ids = await this.master.ask({ ask: 'begin' });
    return tasks.map((task) => ({ ...task, id: ids[task.taskId]! }));
  }

  async finish(tasks: readonly BuiltTask[]): Promise<void> {
    await this.master.ask({ ask: 'finish', ids: tasks.map(({ id }) => id) });
  }

  noteClaimedListRead(): Promise<void> {
    return this.trackedRows.noteClaimedListRead();
  }
}
