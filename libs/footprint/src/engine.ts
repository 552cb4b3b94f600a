import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * V8, as far as memory is concerned. These settings can be changed while it runs, unlike `--max-semi-space-size`;
 * measured on Node 20, in megabytes of resident memory:
 *
 * - Code that runs during a start runs once. Optimising it takes no less time than it saves, and the compiler's threads
 *   keep the memory that they worked in: 17.
 * - What a start allocates is kept, mostly. A young generation that grows to hold it all, and twice, only costs: 26.
 * - Of a small heap V8 collects the garbage when it is four times as large as what was kept the last time. When it is twice
 *   as large takes no more time: 70 while a burst of messages is handled.
 */
export class Engine {
  /** For the time of a start. */
  spare(): void {
    setFlagsFromString('--no-opt');
    setFlagsFromString('--semi-space-growth-factor=1');
  }

  /** For work: as V8 is by itself, but for the size of the heap. */
  unleash(): void {
    setFlagsFromString('--opt');
    setFlagsFromString('--semi-space-growth-factor=2');
    setFlagsFromString('--heap-growing-percent=100');
  }

  /**
   * Gives back what a start has left over, which V8 would do later, or not at all: 8. Garbage lies between what is kept,
   * so only when that is moved together can pages be given back. Takes some 50 ms.
   */
  tidyUp(): void {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
    setFlagsFromString('--compact-on-every-full-gc');
    collect();
    setFlagsFromString('--no-compact-on-every-full-gc');
  }
}
