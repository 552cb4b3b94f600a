import type { ApiMethod } from './api-method.js';
import { ARTIFACT_METHODS } from './artifact-methods.js';
import { AUTH_METHODS } from './auth-methods.js';
import { PATTERNS } from './identifiers.js';
import { QUEUE_METHODS } from './queue-methods.js';
import { QueueRefusal } from './refusal.js';
import { STORAGE_METHODS } from './storage-methods.js';

interface Route {
  method: ApiMethod;
  pattern: RegExp;
  names: string[];
}

const ROUTES: Route[] = [...QUEUE_METHODS, ...ARTIFACT_METHODS, ...STORAGE_METHODS, ...AUTH_METHODS].map(
  (method) => {
    const names = [...method.path.matchAll(/[:*](\w+)/g)].map((match) => match[1]!);
    const source = method.path.replace(/:\w+/g, '([^/]+)').replace(/\*\w+/g, '(.+)');
    return { method, names, pattern: new RegExp(`^${source}$`) };
  },
);

/** Finds the method for a request; undefined when there is none. Parameters are decoded, not yet checked. */
export function route(
  verb: string,
  path: string,
): { method: ApiMethod; params: Record<string, string> } | undefined {
  for (const { method, pattern, names } of ROUTES) {
    if (method.verb !== verb) continue;
    const match = pattern.exec(path);
    if (!match) continue;
    const params = Object.fromEntries(
      names.map((name, index) => [name, decodeURIComponent(match[index + 1]!)]),
    );
    return { method, params };
  }
  return undefined;
}

/** @throws QueueRefusal 400 when a parameter does not match its pattern */
export function checkParams(params: Record<string, string>): void {
  const wrong = Object.entries(params).filter(
    ([name, value]) => name in PATTERNS && !PATTERNS[name as keyof typeof PATTERNS].test(value),
  );
  if (wrong.length === 0) return;
  const names = wrong.map(([name]) => name).join(', ');
  throw new QueueRefusal('InvalidRequestArguments', `Invalid URL patterns: ${names}`);
}
