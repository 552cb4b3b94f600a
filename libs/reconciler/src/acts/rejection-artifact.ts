import type { Artifact } from '@bbb/rules';

/** Maximum characters of the text; reasons are few and short, but they may contain long builder names. */
const LONGEST = 8192;

/**
 * The artifact that explains a rejection to the owner of the task.
 *
 * @param reasons without secrets; they repeat only names from the payload
 */
export function createRejectionArtifact(reasons: readonly string[]): Artifact {
  const lines = [
    'The Buildbot bridge has rejected this task: no build request was created.',
    '',
    ...reasons.map((reason) => `* ${reason}`),
  ];
  return {
    kind: 'file',
    name: 'public/bridge-rejection.txt',
    contentType: 'text/plain; charset=utf-8',
    content: `${lines.join('\n').slice(0, LONGEST)}\n`,
  };
}
