import { type Actor, hasArrived } from './story.js';

const COLUMNS = [46, 42, 26];

/** Shows tasks on their way: a table that is drawn anew on a terminal, a line for each change elsewhere. */
export class Progress {
  private drawn = 0;
  private readonly last = new Map<string, string>();

  constructor(private readonly out: NodeJS.WriteStream) {}

  readonly show = (actors: readonly Actor[], seconds: number): void => {
    if (this.out.isTTY) this.draw(actors, seconds);
    else this.tell(actors, seconds);
  };

  /** Each task with what was expected and what came; returns how many went wrong. */
  summary(actors: readonly Actor[]): number {
    this.erase();
    const wrong = actors.filter((actor) => !hasArrived(actor));
    this.out.write(`\n${row('task', 'in Taskcluster', 'in Buildbot')}\n`);
    for (const actor of actors) {
      const { scenario, seen } = actor;
      const mark = hasArrived(actor) ? 'ok   ' : 'WRONG';
      this.out.write(`${row(`${mark} ${scenario.name}`, seen?.taskcluster, seen?.buildbot)}\n`);
      if (!hasArrived(actor))
        this.out.write(`${row(`      expected:`, scenario.taskcluster, scenario.buildbot)}\n`);
    }
    this.out.write(
      `\n${actors.length - wrong.length} of ${actors.length} tasks ended as expected on both sides.\n`,
    );
    return wrong.length;
  }

  private draw(actors: readonly Actor[], seconds: number): void {
    this.erase();
    const height = Math.max(5, this.out.rows - 4);
    const open = actors.filter((actor) => !hasArrived(actor));
    const lines = [
      `${seconds.toFixed(1)} s, ${actors.length - open.length} of ${actors.length} tasks at their end`,
      row('task', 'in Taskcluster', 'in Buildbot'),
      ...actors
        .slice(-height)
        .map((actor) =>
          row(
            `${hasArrived(actor) ? '✓' : '…'} ${actor.scenario.name}`,
            actor.seen?.taskcluster,
            actor.seen?.buildbot,
          ),
        ),
    ];
    this.out.write(lines.map((line) => `${line.slice(0, this.out.columns - 1)}\n`).join(''));
    this.drawn = lines.length;
  }

  private erase(): void {
    if (this.drawn > 0) this.out.write(`\x1b[${this.drawn}A\x1b[J`);
    this.drawn = 0;
  }

  private tell(actors: readonly Actor[], seconds: number): void {
    for (const { taskId, scenario, seen } of actors) {
      if (!seen) continue;
      const line = `${seen.taskcluster} | ${seen.buildbot}`;
      if (this.last.get(taskId) === line) continue;
      this.last.set(taskId, line);
      this.out.write(
        `${seconds.toFixed(1).padStart(6)} s  ${row(scenario.name, seen.taskcluster, seen.buildbot)}\n`,
      );
    }
  }
}

function row(...cells: (string | undefined)[]): string {
  return cells
    .map((cell = '', index) => cell.padEnd(COLUMNS[index] ?? 0))
    .join(' ')
    .trimEnd();
}
