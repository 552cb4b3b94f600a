import { type AST, RegExpParser } from '@eslint-community/regexpp';

/** Maximum characters of a text, steps per text, and nested steps, which are limited by the stack. */
const MAX_TEXT_LENGTH = 512;
const MAX_STEPS = 500_000;
const MAX_DEPTH = 2000;

/** Maximum parts of a pattern once its counted repetitions are expanded. */
const MAX_MATCHERS = 5000;

/** How letters compare: exactly; ignoring case; or so that it matches if any name that differs only in case could match. */
export type Spelling = 'exact' | 'either case' | 'any case form';

/** Whether the rest of a pattern matches from a position on. */
type Matcher = (at: number) => boolean;

interface Run {
  text: string;
  steps: number;
  depth: number;
  /** By the number of a part: positions at which it is known to fail. */
  failed: Map<number, Set<number>>;
}

class Exceeded extends Error {}

/**
 * A regular expression that takes bounded work for any text. No part is tried twice at the same position, so the work
 * grows with the length of the text and not with the number of ways to divide it. Patterns with references to groups,
 * for which that is impossible, stop at a maximum number of steps.
 */
export class BoundedPattern {
  private readonly start: Matcher;
  private readonly isPure: boolean;
  private run: Run = { text: '', steps: 0, depth: 0, failed: new Map() };
  private readonly groups: (readonly [number, number] | undefined)[] = [];
  private readonly groupNumbers = new Map<AST.CapturingGroup, number>();
  private matchers = 0;
  /** Start positions of each repetition or group that is being matched. */
  private readonly begun: number[][] = [];

  /** @throws SyntaxError when JavaScript does not support the syntax, or the pattern is too large */
  constructor(
    source: string,
    private readonly spelling: Spelling = 'exact',
  ) {
    new RegExp(source);
    const pattern = new RegExpParser({ ecmaVersion: 2024 }).parsePattern(source, 0, source.length);
    this.isPure = !hasReference(source);
    this.start = this.compileAlternatives(pattern.alternatives, () => true);
  }

  /** Number of steps that the last text took. */
  get steps(): number {
    return this.run.steps;
  }

  /** Whether it matches from the beginning of a text; undefined when the bound was reached first. */
  matchesStart(text: string): boolean | undefined {
    return this.runBounded(text, () => this.start(0));
  }

  /** Whether it matches anywhere in a text; undefined when the bound was reached first. */
  matchesAnywhere(text: string): boolean | undefined {
    return this.runBounded(text, () => matchesFromAny(this.start, text.length));
  }

  private runBounded(text: string, match: () => boolean): boolean | undefined {
    if (text.length > MAX_TEXT_LENGTH) return undefined;
    this.run = { text, steps: 0, depth: 0, failed: new Map() };
    this.groups.length = 0;
    for (const starts of this.begun) starts.length = 0;
    try {
      return match();
    } catch (error) {
      if (error instanceof Exceeded) return undefined;
      throw error;
    }
  }

  private compileAlternatives(alternatives: readonly AST.Alternative[], next: Matcher): Matcher {
    const matchers = alternatives.map(({ elements }) =>
      elements.reduceRight((rest, element) => this.compileElement(element, rest), next),
    );
    return matchers.length === 1
      ? matchers[0]!
      : this.memoize((at) => matchers.some((matches) => matches(at)));
  }

  private compileElement(element: AST.Element, next: Matcher): Matcher {
    switch (element.type) {
      case 'Group':
        return this.compileAlternatives(element.alternatives, next);
      case 'CapturingGroup':
        return this.compileGroup(element, next);
      case 'Quantifier':
        return this.compileRepetition(element, next);
      case 'Backreference':
        return this.compileReference(element, next);
      case 'Assertion':
        return this.compileAssertion(element, next);
      default:
        return this.compileCharacter(element.raw, next);
    }
  }

  private compileCharacter(raw: string, next: Matcher): Matcher {
    const expression = new RegExp(`^(?:${raw})$`, this.spelling === 'either case' ? 'i' : '');
    const fits = (character: string): boolean =>
      this.spelling === 'any case form'
        ? [character, character.toLowerCase(), character.toUpperCase()].some((form) => expression.test(form))
        : expression.test(character);
    const known: (boolean | undefined)[] = [];
    const fitsKnown = (character: string): boolean => {
      const code = character.charCodeAt(0);
      return code < 128 ? (known[code] ??= fits(character)) : fits(character);
    };
    // Most characters do not fit, so only the rest is memoized.
    const rest = this.memoize((at) => next(at + 1));
    return (at) => {
      const { run } = this;
      if (++run.steps > MAX_STEPS) throw new Exceeded();
      return at < run.text.length && fitsKnown(run.text[at]!) && rest(at);
    };
  }

  private compileGroup(group: AST.CapturingGroup, next: Matcher): Matcher {
    if (this.isPure) return this.compileAlternatives(group.alternatives, next);
    const number = this.groupNumbers.get(group) ?? this.groupNumbers.size;
    this.groupNumbers.set(group, number);
    const starts = this.addStarts();
    const inside = this.compileAlternatives(group.alternatives, (at) => {
      const [start, before] = [starts.pop()!, this.groups[number]];
      this.groups[number] = [start, at];
      if (next(at)) return true;
      this.groups[number] = before;
      starts.push(start);
      return false;
    });
    return (at) => {
      starts.push(at);
      if (inside(at)) return true;
      starts.pop();
      return false;
    };
  }

  private compileReference({ resolved }: AST.Backreference, next: Matcher): Matcher {
    const groups = [resolved].flat();
    return this.memoize((at) => {
      const found = groups.map((group) => this.groups[this.groupNumbers.get(group) ?? -1]).find(Boolean);
      if (!found) return false;
      const taken = this.run.text.slice(...found);
      const there = this.run.text.slice(at, at + taken.length);
      const isSame =
        this.spelling === 'exact' ? taken === there : taken.toLowerCase() === there.toLowerCase();
      return isSame && next(at + taken.length);
    });
  }

  private compileRepetition({ element, min, max }: AST.Quantifier, next: Matcher): Matcher {
    let rest = max === Infinity ? this.compileLoop(element, next) : next;
    for (let left = max === Infinity ? 0 : max - min; left > 0; left--) {
      const [more, end] = [this.compileElement(element, rest), next];
      rest = this.memoize((at) => more(at) || end(at));
    }
    for (let left = min; left > 0; left--) rest = this.compileElement(element, rest);
    return rest;
  }

  private compileLoop(element: AST.QuantifiableElement, next: Matcher): Matcher {
    const starts = this.addStarts();
    const body = this.compileElement(element, (at) => {
      const start = starts.pop()!;
      // A repetition that matched no text would loop for ever.
      const matches = at !== start && again(at);
      starts.push(start);
      return matches;
    });
    const again = this.memoize((at) => {
      starts.push(at);
      const matches = body(at);
      starts.pop();
      return matches || next(at);
    });
    return again;
  }

  private compileAssertion(element: AST.Assertion, next: Matcher): Matcher {
    if ('alternatives' in element) return this.compileLookaround(element, next);
    if (element.kind === 'start') return (at) => at === 0 && next(at);
    if (element.kind === 'end') return (at) => at === this.run.text.length && next(at);
    const { negate } = element as AST.WordBoundaryAssertion;
    const isWord = (at: number) => /^\w$/.test(this.run.text[at] ?? '');
    return (at) => (isWord(at - 1) !== isWord(at)) !== negate && next(at);
  }

  private compileLookaround(element: AST.LookaroundAssertion, next: Matcher): Matcher {
    // The name may not match the negated part in another case, so the assertion is assumed to hold.
    if (element.negate && this.spelling === 'any case form') return next;
    let end: number | undefined;
    const inside = this.compileAlternatives(element.alternatives, (at) => end === undefined || at === end);
    const isBehind = element.kind === 'lookbehind';
    return this.memoize((at) => {
      const { failed } = this.run;
      this.run.failed = new Map();
      end = isBehind ? at : undefined;
      const matches = isBehind ? matchesFromAny(inside, at) : inside(at);
      this.run.failed = failed;
      return matches !== element.negate && next(at);
    });
  }

  private addStarts(): number[] {
    const starts: number[] = [];
    this.begun.push(starts);
    return starts;
  }

  /** Counts a part's steps, and does not try it again at a position at which it is known to fail. */
  private memoize(matcher: Matcher): Matcher {
    const number = ++this.matchers;
    if (number > MAX_MATCHERS)
      throw new SyntaxError('the pattern is too large; use smaller repetition counts');
    return (at) => {
      const { run } = this;
      if (++run.steps > MAX_STEPS || run.depth >= MAX_DEPTH) throw new Exceeded();
      if (run.failed.get(number)?.has(at)) return false;
      run.depth++;
      const matches = matcher(at);
      run.depth--;
      if (matches || !this.isPure) return matches;
      const known = run.failed.get(number);
      if (known) known.add(at);
      else run.failed.set(number, new Set([at]));
      return false;
    };
  }
}

/** Whether a part matches from any position in a text, its end included. */
function matchesFromAny(matcher: Matcher, length: number): boolean {
  for (let at = 0; at <= length; at++) if (matcher(at)) return true;
  return false;
}

/** Whether a pattern may refer to one of its groups. */
function hasReference(source: string): boolean {
  return /\\[1-9k]/.test(source);
}
