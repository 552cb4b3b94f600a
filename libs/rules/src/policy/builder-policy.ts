import { matcher } from './python-pattern.js';

/** Patterns as in Python's `re.match`: anchored at the start only. */
export interface BuilderRules {
  /** Builders that need a scope. */
  restricted: readonly string[];
  /** Builders that are left entirely alone: somebody else's. */
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

/** Who may use which builder. Built once from the configuration; a pattern that cannot be read is an error there. */
export class BuilderPolicy {
  // A name over which a pattern reaches its bound counts as restricted, as not ignored and as not allowed.
  readonly #restricted: ((name: string) => boolean)[];
  readonly #restrictedInAnyCase: ((name: string) => boolean)[];
  readonly #ignored: ((name: string) => boolean)[];
  readonly #allowed?: ((name: string) => boolean)[];

  constructor(rules: BuilderRules) {
    this.#restricted = rules.restricted.map((pattern) => matcher(pattern, 'exact', true));
    this.#restrictedInAnyCase = rules.restricted.map((pattern) => matcher(pattern, 'any case form', true));
    this.#ignored = rules.ignored.map((pattern) => matcher(pattern));
    this.#allowed = rules.allowed?.map((pattern) => matcher(pattern));
  }

  /**
   * Whether a task with these scopes may use the builder. Anybody's text may be asked about: a pattern that backtracks
   * gets no more of it than a builder's name may have, and no longer name is allowed because of its beginning.
   *
   * @param spelling `any case` for a name that no list has confirmed: a master on MySQL finds the requests of its
   *   builder whatever their case, so that `Release-x` would be built by `release-x`
   */
  judge(
    buildername: string,
    scopes: readonly string[],
    spelling: 'exact' | 'any case' = 'exact',
  ): BuilderJudgement {
    const beginning = buildername.slice(0, LONGEST_NAME);
    if (this.#ignored.some((matches) => matches(beginning))) return { is: 'ignored' };
    if (beginning !== buildername) {
      return { is: 'rejected', reason: `the name of the builder is longer than ${LONGEST_NAME} bytes` };
    }
    if (this.#allowed && !this.#allowed.some((matches) => matches(buildername))) {
      return { is: 'rejected', reason: 'the builder is not among the allowed builders of this bridge' };
    }
    const restricted = spelling === 'exact' ? this.#restricted : this.#restrictedInAnyCase;
    if (!restricted.some((matches) => matches(buildername))) return { is: 'allowed' };
    const needed = BUILDER_SCOPE_PREFIXES.map((prefix) => prefix + buildername);
    if (needed.some((scope) => satisfies(scopes, scope))) return { is: 'allowed' };
    return {
      is: 'rejected',
      reason: `the builder is restricted: the task needs the scope ${needed.join(' or ')}`,
    };
  }
}

/** Taskcluster's rule: a scope covers itself, and with a trailing `*` whatever begins like it. */
function satisfies(scopes: readonly string[], needed: string): boolean {
  return scopes.some(
    (scope) => scope === needed || (scope.endsWith('*') && needed.startsWith(scope.slice(0, -1))),
  );
}
