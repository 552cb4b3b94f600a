import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * V8, as far as a start is concerned. Both settings can be changed while it runs, unlike `--max-semi-space-size`;
 * measured on Node 20, in megabytes of resident memory:
 *
 * - Code that runs during a start runs once. Optimising it takes no less time than it saves, and the compiler's threads
 *   keep the memory that they worked in: 17.
 * - What a start allocates is kept, mostly. A young generation that grows to hold it all, and twice, only costs: 26.
 */
export class Engine {
  /** For the time of a start. */
  spare(): void {
    setFlagsFromString('--no-opt');
    setFlagsFromString('--semi-space-growth-factor=1');
  }

  /** As V8 is by itself, for work. */
  unleash(): void {
    setFlagsFromString('--opt');
    setFlagsFromString('--semi-space-growth-factor=2');
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
