import { styleText } from 'node:util';
import type { TextStream } from '../command-host.js';

export type Colour = 'bold' | 'red' | 'yellow' | 'green';

/** Colours a text for this stream: only on a terminal that has colours, and not where NO_COLOR is set. */
export function createPainter(stream: TextStream): (colour: Colour, text: string) => string {
  const isColoured = stream.isTTY === true && stream.hasColors?.() === true;
  // Whether this stream supports colours is known already; styleText would check standard output.
  return (colour, text) => (isColoured ? styleText(colour, text, { validateStream: false }) : text);
}
