// An ambient file is invisible to the build of a single app unless it is named.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="../taskcluster-client.d.ts" />
import references, { type ApiReference } from 'taskcluster-client/src/apis.js';

/** One call of an API method. */
export interface ApiCall {
  service: 'queue' | 'object' | 'auth';
  method: string;
  /** The parameters in its path, in the order of the reference. */
  params: readonly (string | number)[];
  query?: Readonly<Record<string, string>>;
  payload?: unknown;
}

const SERVICES: Record<ApiCall['service'], ReturnType<typeof indexMethods>> = {
  queue: indexMethods(references.Queue.reference),
  object: indexMethods(references.Object.reference),
  auth: indexMethods(references.Auth.reference),
};

function indexMethods({ serviceName, apiVersion, entries }: ApiReference) {
  const methods = entries.filter(({ type }) => type === 'function');
  return {
    root: `/api/${serviceName}/${apiVersion}`,
    methods: new Map(methods.map((entry) => [entry.name, entry])),
  };
}

/**
 * Builds verb and path of a call from the API references that Taskcluster publishes with its client.
 *
 * @throws TypeError when the reference has no such method, or one with other parameters
 */
export function findRoute({ service, method, params, query }: ApiCall): { verb: string; path: string } {
  const { root, methods } = SERVICES[service];
  const entry = methods.get(method);
  if (entry?.args.length !== params.length)
    throw new TypeError(`no method ${method} with ${params.length} parameters`);
  const route = entry.route.replace(/<([^<>]+)>/g, (_, name: string) =>
    encodeURIComponent(params[entry.args.indexOf(name)]!),
  );
  const search = query ? new URLSearchParams(query).toString() : '';
  return {
    verb: entry.method.toUpperCase(),
    path: `${root}${route}${search && `?${search}`}`,
  };
}
