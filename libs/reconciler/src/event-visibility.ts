import { Unavailable } from '@bbb/rules';
import type { Situation } from './situation.js';

/** Buildbot's number for it. */
const RETRY = 5;

/**
 * Throws for an event that arrived before the database shows it, or while its task is missing, so that its message is
 * retried: it may be the only source of the artifacts. An event of an earlier build needs no retry. Neither does a RETRY:
 * it is acted on when the database shows it, because a build of another master may have the same number.
 *
 * @throws Unavailable
 */
export function checkEventIsVisible({ event, request, row, status }: Situation): void {
  if (!event || (event.kind === 'finished' && event.results === RETRY)) return;
  if (row && !status && event.kind === 'finished')
    throw new Unavailable('taskcluster', 'build finished but Taskcluster does not know its task; will retry');
  if (!request) {
    if (event.kind === 'started') return;
    throw new Unavailable(
      'buildbot',
      'build finished but its request is not visible in Buildbot yet; will retry',
    );
  }
  const { state } = request;
  const ended = event.kind === 'finished' && (state.at === 'building' || state.at === 'finishing');
  if (ended && state.build.number === event.buildNumber) {
    throw new Unavailable('buildbot', 'build finished but its request is not complete yet; will retry');
  }
  if (event.kind === 'started' && state.at === 'waiting') {
    throw new Unavailable('buildbot', 'build started but Buildbot does not show it yet; will retry');
  }
}
