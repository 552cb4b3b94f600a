/** A text to try a pattern on: `pump` is repeated between the two others. */
export interface Sample {
  prefix: string;
  pump: string;
  suffix: string;
}

interface Term {
  /** One text for each of its alternatives; a single empty one where it takes no text. */
  texts: string[];
  repeats: boolean;
  inside?: Term[][];
}

/** Ends that few patterns expect, so that what was matched before has to be given up again; and none. */
const SUFFIXES = ['!', '\u00e9', ''];

const PROBES = [...'aAz0 -_./'];
const MOST_PREFIXES = 24;
const MOST_PUMPS = 24;

/**
 * Texts on which a pattern has the most to try: what leads to each of its repetitions, then what that repeats, over
 * and over, then an end that does not fit.
 *
 * @param pattern one that JavaScript can read
 */
export function adversarialSamples(pattern: string): Sample[] {
  const alternatives = new Reader(pattern).alternatives();
  const prefixes = new Set(['']);
  const pumps = new Set<string>();
  collect(alternatives, '', prefixes, pumps);
  for (const character of charactersOf(pattern)) pumps.add(character);
  const used = [...pumps].filter((pump) => pump !== '').slice(0, MOST_PUMPS);
  return [...prefixes]
    .slice(0, MOST_PREFIXES)
    .flatMap((prefix) => used.flatMap((pump) => SUFFIXES.map((suffix) => ({ prefix, pump, suffix }))));
}

function collect(alternatives: Term[][], before: string, prefixes: Set<string>, pumps: Set<string>): void {
  for (const terms of alternatives) {
    let prefix = before;
    for (const { texts, repeats, inside } of terms) {
      if (repeats) {
        prefixes.add(prefix);
        for (const text of texts) pumps.add(text);
      }
      if (inside) collect(inside, prefix, prefixes, pumps);
      prefix += texts[0] ?? '';
    }
  }
}

/** Its letters and other plain characters. */
function charactersOf(pattern: string): string[] {
  return [...new Set(pattern.replace(/\\[a-zA-Z]|[\\^$.*+?()[\]{}|]/g, ''))];
}

/** Reads as much of a pattern as samples need. */
class Reader {
  private at = 0;
  private readonly probes: string[];

  constructor(private readonly pattern: string) {
    this.probes = [...new Set([...PROBES, ...charactersOf(pattern)])];
  }

  alternatives(): Term[][] {
    const result: Term[][] = [[]];
    while (this.at < this.pattern.length && this.pattern[this.at] !== ')') {
      if (this.pattern[this.at] === '|') {
        this.at++;
        result.push([]);
      } else result.at(-1)!.push(this.term());
    }
    return result;
  }

  private term(): Term {
    const start = this.at;
    const group = this.take(/\((?:\?(?:[:=!]|<[=!]|<\w+>))?/y);
    if (group !== '') {
      const inside = this.alternatives();
      this.at++;
      const takesNothing = /[=!]$/.test(group);
      const texts = takesNothing ? [''] : inside.map((terms) => terms.map(({ texts }) => texts[0]).join(''));
      return { texts, inside, repeats: this.repeats() };
    }
    // A class, an escape with what belongs to it, or one character.
    const atom = this.take(/\[(?:\\.|[^\]\\])*\]|\\(?:x\w\w|u\w{4}|c\w|k<\w+>|.)|[^]/y);
    const texts = /^\\[bBk1-9]|^[\^$]/.test(atom) ? [''] : this.matching(this.pattern.slice(start, this.at));
    return { texts, repeats: this.repeats() };
  }

  private repeats(): boolean {
    return /^(?:[*+]|\{\d+)/.test(this.take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y));
  }

  private matching(atom: string): string[] {
    const expression = new RegExp(`^(?:${atom})$`);
    return this.probes.filter((probe) => expression.test(probe)).slice(0, 4);
  }

  private take(expression: RegExp): string {
    expression.lastIndex = this.at;
    const found = expression.exec(this.pattern)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}
