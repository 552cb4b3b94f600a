import { createMatcher } from './python-pattern.js';

/** Patterns as in Python's `re.match`: anchored at the start only. */
export interface BuilderRules {
  /** Builders that a task may use only with a scope. */
  restricted: readonly string[];
  /** Builders of another installation: the bridge does nothing with their tasks. */
  ignored: readonly string[];
  /** When given, a builder must match one of them. */
  allowed?: readonly string[];
}

/** Characters of a name that patterns are tried on; a longer name is rejected. */
const LONGEST_NAME = 255;

export type BuilderJudgement = { is: 'ignored' } | { is: 'allowed' } | { is: 'rejected'; reason: string };

/** Either of these, followed by the builder's name, lets a task use a restricted builder. */
export const BUILDER_SCOPE_PREFIXES = [
  'buildbot-bridge:builder-name:',
  'project:releng:buildbot-bridge:builder-name:',
] as const;

/** A pattern of restricted builders. */
export interface Restriction {
  pattern: string;
  /** Whether it restricts a builder of this name. */
  matches(name: string): boolean;
}

/** Decides which tasks may use which builder. Created once from the configuration, which has rejected invalid patterns. */
export class BuilderPolicy {
  /** In the order of the configuration. */
  readonly restrictions: readonly Restriction[];
  // A name over which a pattern reaches its bound counts as restricted, as not ignored and as not allowed.
  readonly #restrictedInAnyCase: ((name: string) => boolean)[];
  readonly #ignored: ((name: string) => boolean)[];
  readonly #allowed?: ((name: string) => boolean)[];

  constructor(rules: BuilderRules) {
    this.restrictions = rules.restricted.map((pattern) => ({
      pattern,
      matches: createMatcher(pattern, 'exact', true),
    }));
    this.#restrictedInAnyCase = rules.restricted.map((pattern) =>
      createMatcher(pattern, 'any case form', true),
    );
    this.#ignored = rules.ignored.map((pattern) => createMatcher(pattern));
    this.#allowed = rules.allowed?.map((pattern) => createMatcher(pattern));
  }

  /**
   * Whether a task with these scopes may use the builder. The name is untrusted input: patterns are tried on its first
   * 255 characters, and a longer name is never allowed.
   *
   * @param spelling `any case` for a name that was not found in a builder list: a master on MySQL ignores case when it
   *   reads the requests of a builder, so `release-x` would build a request for `Release-x`
   */
  judge(
    buildername: string,
    scopes: readonly string[],
    spelling: 'exact' | 'any case' = 'exact',
  ): BuilderJudgement {
    const beginning = buildername.slice(0, LONGEST_NAME);
    if (this.#ignored.some((matches) => matches(beginning))) return { is: 'ignored' };
    if (beginning !== buildername) {
      return { is: 'rejected', reason: `the builder name is longer than ${LONGEST_NAME} bytes` };
    }
    if (this.#allowed && !this.#allowed.some((matches) => matches(buildername))) {
      return { is: 'rejected', reason: 'the builder is not in the list of allowed builders of this bridge' };
    }
    const isRestricted =
      spelling === 'exact'
        ? this.restrictions.some((restriction) => restriction.matches(buildername))
        : this.#restrictedInAnyCase.some((matches) => matches(buildername));
    if (!isRestricted) return { is: 'allowed' };
    const needed = BUILDER_SCOPE_PREFIXES.map((prefix) => prefix + buildername);
    if (needed.some((scope) => satisfies(scopes, scope))) return { is: 'allowed' };
    return {
      is: 'rejected',
      reason: `the builder is restricted: the task needs the scope ${needed.join(' or ')}`,
    };
  }
}

/** Taskcluster's rule: a scope satisfies itself; with a trailing `*` it satisfies every scope with that prefix. */
function satisfies(scopes: readonly string[], needed: string): boolean {
  return scopes.some(
    (scope) => scope === needed || (scope.endsWith('*') && needed.startsWith(scope.slice(0, -1))),
  );
}
