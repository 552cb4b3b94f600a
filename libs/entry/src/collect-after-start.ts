/** Seconds after the start until what only the start needed is freed: by then the first pass or messages are handled. */
const SETTLED = 10;

/**
 * Collects garbage once, when the service has settled, where Node.js has `--expose-gc`. A waiting service makes too little
 * garbage for V8 to free by itself what only the start needed.
 */
export function collectAfterStart(collect = globalThis.gc): void {
  if (collect) setTimeout(() => void collect(), SETTLED * 1000).unref();
}
