/** Far above what a payload may have, and far below what Taskcluster accepts (10 MB). */
const PAYLOAD_LIMIT = 256 * 1024;

const LONGEST_NAME = 1024;

/** The payload as it is; of one that is too large only its builder's name, which tells whose task it is. */
export function boundPayload(payload: unknown): { payload: unknown; isPayloadTooLarge?: true } {
  if (!isLargerThan(payload, PAYLOAD_LIMIT)) return { payload };
  const named = (payload as { buildername?: unknown } | null)?.buildername;
  const isName = typeof named === 'string' && named.length <= LONGEST_NAME;
  return { payload: isName ? { buildername: named } : {}, isPayloadTooLarge: true };
}

/** Counts characters and values, and stops as soon as there are too many. */
function isLargerThan(root: unknown, limit: number): boolean {
  let size = 0;
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    size += typeof value === 'string' ? value.length : 1;
    if (typeof value === 'object' && value !== null) {
      for (const key in value) {
        size += key.length + 1;
        if (size > limit) return true;
        open.push((value as Record<string, unknown>)[key]);
      }
    }
    if (size > limit) return true;
  }
  return false;
}
