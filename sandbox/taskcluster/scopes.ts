/** What a call needs: a scope, all of several, or any of several. */
export type ScopeNeed = string | { all: ScopeNeed[] } | { any: ScopeNeed[] };

/** Whether scopes satisfy a need; a scope that ends in `*` covers everything it is a prefix of. */
export function satisfies(scopes: readonly string[], need: ScopeNeed): boolean {
  if (typeof need === 'string') return scopes.some((scope) => covers(scope, need));
  return 'all' in need
    ? need.all.every((part) => satisfies(scopes, part))
    : need.any.some((part) => satisfies(scopes, part));
}

function covers(scope: string, needed: string): boolean {
  return scope === needed || (scope.endsWith('*') && needed.startsWith(scope.slice(0, -1)));
}
