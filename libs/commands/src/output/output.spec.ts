import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Output } from './output.js';
import { formatInstant, toPlainLine } from './plain-line.js';
import type { Column } from './table.js';

const COLUMNS: Column<[string, string]>[] = [
  { title: 'name', text: ([name]) => name },
  {
    title: 'state',
    text: ([, state]) => state,
    colour: ([, state]) => (state === 'down' ? 'red' : undefined),
  },
  { title: 'n', text: () => '' },
];

function printed(stream: { isTTY?: boolean; hasColors?: () => boolean }): string {
  let text = '';
  const write = (more: string) => (text += more);
  new Output({ stdout: { write, ...stream }, stderr: { write } }).printTable(COLUMNS, [
    ['a-long-name', 'up'],
    ['b', 'down'],
  ]);
  return text;
}

describe('a table', () => {
  const PLAIN = 'name         state  n\na-long-name  up\nb            down\n';

  it('has columns as wide as their widest cell, and no blanks at the end of a line', () => {
    expect(printed({})).toBe(PLAIN);
  });

  it('is coloured on a terminal that has colours, and nowhere else', () => {
    const coloured = printed({ isTTY: true, hasColors: () => true });
    expect(coloured).toContain('\u001b[31mdown');
    expect(stripVTControlCharacters(coloured).replace(/ +$/gm, '')).toBe(PLAIN);
    expect(printed({ isTTY: true, hasColors: () => false })).toBe(PLAIN);
    expect(printed({ isTTY: false, hasColors: () => true })).toBe(PLAIN);
  });
});

describe('a line', () => {
  it('has no control characters and no more than its length', () => {
    expect(toPlainLine(' bad\n\u001b[31mpayload\u202e ')).toBe('bad [31mpayload');
    expect(toPlainLine('x'.repeat(200), 100)).toBe(`${'x'.repeat(99)}…`);
    expect(toPlainLine('x'.repeat(100), 100)).toBe('x'.repeat(100));
  });

  it('has an instant in UTC with seconds', () => {
    expect(formatInstant(1_795_000_000.5)).toBe('2026-11-18T11:06:40Z');
  });
});
