/** What was read, or why it could not be. */
export interface Attempt<T> {
  value?: T;
  problem?: string;
}

/** Reads from a system that may be unavailable. Never throws. */
export async function attempt<T>(read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
