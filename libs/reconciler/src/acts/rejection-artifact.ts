import type { Artifact } from '@bbb/rules';

/** Characters of the whole text; problems are few and short, names of builders are not. */
const LONGEST = 8192;

/**
 * What the owner of a rejected task is told, in the run's artifacts.
 *
 * @param reasons fit to be published; they repeat nothing but names from the payload
 */
export function rejectionArtifact(reasons: readonly string[]): Artifact {
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
