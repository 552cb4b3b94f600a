import type { JsonValue } from '@bbb/rules';
import type { Build } from './build.js';
import type { Property } from './scheduler/requests.js';

/**
 * What a build knows when it starts: the union of its requests' properties, of which the last request wins, then what
 * Buildbot, the builder and the worker set, which overrides a request's. Listed by name, as Buildbot lists them.
 */
export function propertiesAtStart(build: Build): Property[] {
  const { branch, revision, repository, project } = build.requests[0]!;
  return union(
    ...build.requests.map(({ properties }) => properties),
    from('Build', { buildnumber: build.number, branch, revision, repository, project }),
    from('Builder', { buildername: build.builder.name, ...build.builder.properties }),
    from('BuildSlave', { slavename: build.worker }),
  );
}

/** At the end: with what the steps of the build found out. */
export function propertiesAtEnd(build: Build): Property[] {
  const { revision } = build.requests[0]!;
  return union(
    propertiesAtStart(build),
    from('SetProperty Step', {
      buildid: new Date(build.startedAt * 1000).toISOString().replace(/\D/g, '').slice(0, 14),
      got_revision: revision?.slice(0, 12) ?? null,
      ...build.plan.properties,
    }),
  );
}

/** With what Mozilla's postrun script adds before it publishes `log_uploaded`. */
export function propertiesAfterUpload(build: Build, logUrl: string | null, statusdbId: number): Property[] {
  const reported = build.requests.slice(0, 100);
  return union(
    propertiesAtEnd(build),
    from('postrun.py', {
      log_url: logUrl,
      request_ids: reported.map(({ brid }) => brid),
      request_times: Object.fromEntries(reported.map(({ brid, submittedAt }) => [brid, submittedAt])),
      statusdb_id: statusdbId,
    }),
  );
}

/** postrun takes the product's lower case without looking: without one it dies, and `log_uploaded` never comes. */
export function canBeReported(build: Build): boolean {
  return propertiesAtEnd(build).some(([name, value]) => name === 'product' && typeof value === 'string');
}

function from(source: string, values: Readonly<Record<string, JsonValue>>): Property[] {
  return Object.entries(values).map(([name, value]) => [name, value, source]);
}

function union(...lists: readonly Property[][]): Property[] {
  const byName = new Map(lists.flat().map((property) => [property[0], property]));
  return [...byName.values()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
