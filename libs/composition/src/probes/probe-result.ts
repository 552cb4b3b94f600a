/** Result of probing an outside system, or one aspect of it. */
export interface ProbeResult {
  system: string;
  /** `warning`: the services work, but an operator should look at it. */
  status: 'ok' | 'warning' | 'failed';
  /** What was found. */
  what: string;
  /** What to do about it, with the setting and where its value comes from. */
  remedy?: string;
}

/** Seconds that one probe may take; every call in it has a limit of its own, which is usually shorter. */
const LIMIT = 30;

/**
 * Runs one probe; it never throws, and ends in time.
 *
 * @param remedy what an operator can do about an error that the probe throws
 */
export async function runProbe(
  system: string,
  remedy: string,
  probe: () => Promise<ProbeResult[]>,
): Promise<ProbeResult[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT} s`)), LIMIT * 1000);
  });
  try {
    return await Promise.race([probe(), late]);
  } catch (error) {
    return [{ system, status: 'failed', what: describeError(error), remedy }];
  } finally {
    clearTimeout(timer);
  }
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
