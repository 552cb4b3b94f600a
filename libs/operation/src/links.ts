/** The root URL of the Taskcluster of 2013 to 2019, whose pages were at another place. */
const FIRST_DEPLOYMENT = 'https://taskcluster.net';

/**
 * The page of a task, or of one of its runs.
 *
 * @param rootUrl of Taskcluster
 */
export function toTaskUrl(rootUrl: string, taskId: string, runId?: number): string {
  const root = rootUrl.endsWith('/') ? rootUrl.slice(0, -1) : rootUrl;
  const base = root === FIRST_DEPLOYMENT ? 'https://tools.taskcluster.net' : root;
  const page = `${base}/tasks/${encodeURIComponent(taskId)}`;
  return runId === undefined ? page : `${page}/runs/${runId}`;
}
