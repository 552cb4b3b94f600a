import { Refused, Unavailable } from '@bbb/rules';
import { Passing, toNotReached } from './calls/answers.js';
import { type Budget, retry } from './calls/attempts.js';
import type { TaskclusterCalls } from './calls/taskcluster-calls.js';

const SYSTEM = 'artifact-storage';

/**
 * Uploads an artifact's content to a signed URL. Redirects are not followed: a signature is valid for one URL.
 * The URL is a secret and does not appear in errors.
 *
 * @throws Refused, Unavailable
 */
export async function putContent(
  target: { url: string; headers: Record<string, string> },
  body: Buffer,
  budget: Budget,
  calls: TaskclusterCalls,
): Promise<void> {
  // The length is that of the content, even if the service proposed another one.
  const headers = Object.fromEntries(
    Object.entries(target.headers).filter(([name]) => name.toLowerCase() !== 'content-length'),
  );
  const url = new URL(target.url);
  await retry(budget, calls.limits, async (timeout, within) => {
    const { status } = await calls
      .send(SYSTEM, { verb: 'PUT', url, headers, body }, timeout, within)
      .catch((error: unknown) => {
        throw toNotReached(SYSTEM, 'an upload', error);
      });
    if (status >= 500) throw new Passing(SYSTEM, `${status} to an upload`);
    if (status === 408 || status === 429) throw new Unavailable(SYSTEM, `${status} to an upload`);
    if (status >= 400) throw new Refused(SYSTEM, status, 'UploadRefused', 'the upload was refused');
    if (status >= 300) throw new Unavailable(SYSTEM, `${status} to an upload`);
  });
}
