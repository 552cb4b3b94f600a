import type { CommandHost } from '../command-host.js';
import { type Colour, createPainter } from './colours.js';
import { type Column, formatTable } from './table.js';

/** Where commands print: results to standard output, notes and problems to standard error. */
export class Output {
  private readonly paint: (colour: Colour, text: string) => string;

  constructor(private readonly host: Pick<CommandHost, 'stdout' | 'stderr'>) {
    this.paint = createPainter(host.stdout);
  }

  printLine(text: string): void {
    this.host.stdout.write(`${text}\n`);
  }

  printTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void {
    this.printLine(formatTable(columns, rows, this.paint));
  }

  printJson(value: unknown): void {
    this.printLine(JSON.stringify(value, undefined, 2));
  }

  printNote(text: string): void {
    this.host.stderr.write(`${text}\n`);
  }
}
