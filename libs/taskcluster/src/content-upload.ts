import { Refused, Unavailable } from '@bbb/bridge';
import { Passing } from './answers.js';
import { attempted, type AttemptLimits, type Budget } from './attempts.js';

const SYSTEM = 'artifact-storage';

/**
 * Puts an artifact's content where a signed URL says. Redirects are not followed: a signature is for one place.
 * The URL is a secret and stays out of errors.
 *
 * @throws Refused, Unavailable
 */
export async function putContent(
  target: { url: string; headers: Record<string, string> },
  content: Buffer,
  budget: Budget,
  limits: AttemptLimits,
): Promise<void> {
  // The length is that of the content, whatever the service proposed; fetch sets it.
  const headers = Object.fromEntries(
    Object.entries(target.headers).filter(([name]) => name.toLowerCase() !== 'content-length'),
  );
  await attempted(budget, limits, async (timeout) => {
    const status = await put(target.url, headers, content, timeout);
    if (status >= 500) throw new Passing(SYSTEM, `${status} to an upload`);
    if (status === 408 || status === 429) throw new Unavailable(SYSTEM, `${status} to an upload`);
    if (status >= 400) throw new Refused(SYSTEM, status, 'UploadRefused', 'the upload was refused');
    if (status >= 300) throw new Unavailable(SYSTEM, `${status} to an upload`);
  });
}

async function put(
  url: string,
  headers: Record<string, string>,
  content: Buffer,
  timeout: number,
): Promise<number> {
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers,
      body: new Uint8Array(content),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    throw new Passing(SYSTEM, `no answer to an upload: ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'timeout';
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
