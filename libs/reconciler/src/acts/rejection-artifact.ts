import type { Artifact } from '@bbb/rules';

/** Characters of the whole text; problems are few and short, names of builders are not. */
const LONGEST = 8192;

/**
 * What a refused task's owner is told, where anybody looks first.
 *
 * @param reasons fit to be published; they repeat nothing but names from the payload
 */
export function rejectionArtifact(reasons: readonly string[]): Artifact {
  const lines = [
    'The Buildbot bridge has refused this task: no build was requested.',
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
