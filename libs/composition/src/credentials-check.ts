import { findExpiryProblem, type TaskclusterConfiguration } from '@bbb/configuration';
import type { HealthCheck } from '@bbb/platform';
import type { Clock } from '@bbb/rules';

/** Fails when temporary credentials have expired or will within a day; permanent credentials need no check. */
export function checkCredentials(
  { certificate }: Pick<TaskclusterConfiguration, 'certificate'>,
  clock: Clock,
): HealthCheck[] {
  if (certificate === undefined) return [];
  return [
    {
      name: 'credentials',
      kind: 'degraded',
      check: async () => findExpiryProblem(certificate, clock.now()),
    },
  ];
}
