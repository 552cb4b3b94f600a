import type { Colour } from './colours.js';

/** A column of a table: its title, and how to read its cell from a row. */
export interface Column<Row> {
  title: string;
  text(row: Row): string;
  /** The colour of a cell on a terminal; undefined for none. */
  colour?(row: Row): Colour | undefined;
}

/**
 * A table for people: columns as wide as their widest cell, two blanks between them, no blanks at the end of a line.
 *
 * @param paint colours a text, or returns it unchanged
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paint: (colour: Colour, text: string) => string,
): string {
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((line) => line[i]!.length)),
  );
  const last = columns.length - 1;
  const pad = (text: string, i: number) => (i === last ? text : text.padEnd(widths[i]!));
  const printLine = (texts: readonly string[], colourOf: (i: number) => Colour | undefined) =>
    texts
      .map((text, i) => {
        const colour = colourOf(i);
        return colour === undefined ? pad(text, i) : paint(colour, pad(text, i));
      })
      .join('  ')
      .trimEnd();
  const header = printLine(
    columns.map(({ title }) => title),
    () => 'bold',
  );
  return [header, ...cells.map((texts, r) => printLine(texts, (i) => columns[i]!.colour?.(rows[r]!)))].join(
    '\n',
  );
}
