import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats a check until it passes, for what happens in the background; after 10 seconds throws what it throws. */
export async function eventually(check: () => unknown): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await check();
      return;
    } catch (error) {
      if (tries >= 1000) throw error;
      await sleep(10);
    }
  }
}
