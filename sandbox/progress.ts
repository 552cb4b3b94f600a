import { type Actor, hasArrived } from './story.js';
import type { Scenario } from './mix.js';

/** The part of a terminal or file that is written to. */
export interface Output {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  write(text: string): unknown;
}

const HEAD = ['task', 'in Taskcluster', 'in Buildbot'];
const GAP = '  ';

/** Minimum widths at which the cells of a column can still be told apart. */
const LEGIBLE = [32, 22, 16];

/** Shows the progress of tasks: a table that is redrawn on a terminal, a line for each change elsewhere. */
export class Progress {
  private drawn = 0;
  private readonly last = new Map<string, string>();
  private readonly natural: number[];
  private readonly colour: (code: number, text: string) => string;

  /** @param scenarios of all tasks; their names and ends determine the widths of the columns */
  constructor(
    private readonly out: Output,
    scenarios: readonly Scenario[],
    environment: Record<string, string | undefined> = process.env,
  ) {
    const cells = scenarios.map(({ name, taskcluster, buildbot }) => [`00 ${name}`, taskcluster, buildbot]);
    this.natural = HEAD.map((head, column) =>
      Math.max(head.length, ...cells.map((row) => row[column]!.length)),
    );
    const isColoured = out.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
    this.colour = (code, text) => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text);
  }

  readonly show = (actors: readonly Actor[], seconds: number): void => {
    if (this.out.isTTY) this.draw(actors, seconds);
    else this.printChanges(actors, seconds);
  };

  /** Prints a line that stays. */
  printLine(line: string): void {
    this.erase();
    this.out.write(`${line}\n`);
  }

  /** Prints each task with its end and, where it differs, the expected end. @returns the number that differ */
  printSummary(actors: readonly Actor[], seconds: number): number {
    this.erase();
    const wrong = actors.filter((actor) => !hasArrived(actor)).length;
    const [right, not] = this.out.isTTY ? [this.green('✓'), this.red('✗')] : ['ok   ', 'WRONG'];
    const indent = this.out.isTTY ? ' ' : '     ';
    const lines = actors.flatMap((actor, index) => {
      const row = this.row(...this.listCells(actor, index));
      if (hasArrived(actor)) return [`${right} ${row}`];
      const { taskcluster, buildbot } = actor.scenario;
      return [`${not} ${row}`, `${indent} ${this.row('   expected', taskcluster, buildbot)}`];
    });
    this.out.write(
      [
        '',
        `How each task ended on both sides (${right.trim()}: as expected):`,
        '',
        this.bold(`${indent} ${this.row(...HEAD)}`),
        ...lines,
        '',
        `${actors.length - wrong} of ${actors.length} tasks ended as expected on both sides, after ${seconds.toFixed(1)} s.`,
        '',
      ].join('\n'),
    );
    return wrong;
  }

  /** Erases the table, so that something else can be written. */
  erase(): void {
    if (this.drawn > 0) this.out.write(`\x1b[${this.drawn}A\x1b[J`);
    this.drawn = 0;
  }

  /** Where there is no room for all tasks, only those that have not ended are shown. */
  private draw(actors: readonly Actor[], seconds: number): void {
    const room = Math.max(5, (this.out.rows ?? 24) - 5);
    const numbered = actors.map((actor, index) => ({ actor, index }));
    const open = numbered.filter(({ actor }) => !hasArrived(actor));
    const shown = actors.length <= room ? numbered : open.slice(0, room);
    const lines = [
      `${seconds.toFixed(1)} s, ${actors.length - open.length} of ${actors.length} tasks ended`,
      '',
      this.bold(`  ${this.row(...HEAD)}`),
      ...shown.map(({ actor, index }) => {
        const row = this.row(...this.listCells(actor, index));
        return hasArrived(actor) ? `${this.green('✓')} ${row}` : this.dim(`· ${row}`);
      }),
    ];
    this.erase();
    this.out.write(`${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }

  private printChanges(actors: readonly Actor[], seconds: number): void {
    for (const [index, actor] of actors.entries()) {
      if (!actor.seen) continue;
      const line = this.row(...this.listCells(actor, index));
      if (this.last.get(actor.taskId) === line) continue;
      this.last.set(actor.taskId, line);
      this.out.write(`${seconds.toFixed(1).padStart(6)} s  ${line}\n`);
    }
  }

  private listCells({ scenario, seen }: Actor, index: number): string[] {
    const number = `${String(index + 1).padStart(2)} `;
    const width = this.out.isTTY ? this.computeWidths()[0]! - number.length : Infinity;
    return [`${number}${cutBeginning(scenario.name, width)}`, seen?.taskcluster ?? '', seen?.buildbot ?? ''];
  }

  private row(...cells: string[]): string {
    const widths = this.computeWidths();
    return cells
      .map((cell, column) =>
        (this.out.isTTY ? cutMiddle(cell, widths[column]!) : cell).padEnd(widths[column]!),
      )
      .join(GAP)
      .trimEnd();
  }

  /** On a narrow terminal the widest columns are narrowed, because a wrapped line would spoil the table. */
  private computeWidths(): number[] {
    const widths = [...this.natural];
    if (!this.out.isTTY) return widths;
    const room = (this.out.columns ?? 80) - 1 - '✓ '.length - GAP.length * (widths.length - 1);
    for (const least of [LEGIBLE, widths.map(() => 8)]) {
      while (widths.reduce((sum, width) => sum + width) > room) {
        const spare = widths.map((width, column) => width - least[column]!);
        const most = Math.max(...spare);
        if (most <= 0) break;
        widths[spare.indexOf(most)]! -= 1;
      }
    }
    return widths;
  }

  private bold = (text: string) => this.colour(1, text);
  private dim = (text: string) => this.colour(2, text);
  private green = (text: string) => this.colour(32, text);
  private red = (text: string) => this.colour(31, text);
}

/** Names of scenarios that begin alike end differently. */
function cutBeginning(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}

function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}
