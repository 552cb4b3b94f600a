import { setImmediate as nextTurn } from 'node:timers/promises';
import { LearnedSecrets } from './learned-secrets.js';

const MASK = '[secret]';

/** A shorter secret may be a word: in text from outside it is hidden only when it is the whole text. */
const UNMISTAKABLE = 8;

/** Twice the number of secrets of all runs in progress: each claim and reclaim brings new credentials. */
const MAX_LEARNED = 40_000;

/** Work, about in characters, after which the event loop gets a turn. */
const SLICE = 64 * 1024;

/** Work of looking at a string, besides its characters. */
const WORK_OF_A_STRING = 64;

/** Removes known secrets from texts of any length. */
export class Redactor {
  private readonly forms: readonly string[];
  private readonly unmistakable: readonly string[];
  private readonly learned = new LearnedSecrets(MAX_LEARNED);

  /** @param secrets as {@link listSecrets} gives them */
  constructor(secrets: readonly string[]) {
    // A secret that contains another one is replaced first, so that no part of it remains.
    this.forms = [...new Set(secrets.flatMap(listForms))].sort((one, other) => other.length - one.length);
    this.unmistakable = this.forms.filter(({ length }) => length >= UNMISTAKABLE);
  }

  /** Adds a secret that the process received at run time; it is dropped when the capacity is exceeded by newer ones. */
  learn(secret: string): void {
    this.learned.learn(secret, listForms(secret));
  }

  text(given: string): string {
    return replaceAll(this.forms, this.learned.hide(given, MASK));
  }

  /**
   * Hides secrets in the body of a message. In JSON only strings are changed, so that it stays JSON and escaped secrets are
   * found; anything else is treated as text that may be truncated. A body without a secret is returned unchanged.
   */
  body(given: string): string {
    const slices = this.cleanBody(given);
    for (;;) {
      const { done, value } = slices.next();
      if (done) return value;
    }
  }

  /**
   * The same for a body that may be large, with turns of the event loop in between.
   *
   * @param pause gives a turn; receives the work since the last one, about in characters
   */
  async largeBody(
    given: string,
    pause: (work: number) => Promise<unknown> = () => nextTurn(),
  ): Promise<string> {
    const slices = this.cleanBody(given);
    for (;;) {
      const { done, value } = slices.next();
      if (done) return value;
      await pause(value);
    }
  }

  /** Yields the work of each slice. */
  private *cleanBody(given: string): Generator<number, string> {
    if (!isJson(given)) return this.hideBeginning(this.hideForeign(given, true));
    let result = '';
    let copied = 0;
    let work = 0;
    for (let at = given.indexOf('"'); at >= 0;) {
      const end = findEndOfString(given, at);
      const string = given.slice(at, end);
      const text = string.includes('\\') ? (JSON.parse(string) as string) : string.slice(1, -1);
      const clean = this.hideForeign(text);
      if (clean !== text) {
        result += given.slice(copied, at) + JSON.stringify(clean);
        copied = end;
      }
      work += string.length + WORK_OF_A_STRING;
      if (work >= SLICE) {
        yield work;
        work = 0;
      }
      at = given.indexOf('"', end);
    }
    return copied === 0 ? given : result + given.slice(copied);
  }

  /** Hides the beginning of a secret at the end of a truncated text. */
  private hideBeginning(text: string): string {
    for (const form of this.forms) {
      for (let length = form.length - 1; length >= UNMISTAKABLE; length--) {
        if (text.endsWith(form.slice(0, length))) return text.slice(0, -length) + MASK;
      }
    }
    return text;
  }

  private hideForeign(text: string, isCut = false): string {
    if (this.forms.includes(text)) return MASK;
    if (text.length < UNMISTAKABLE) return text;
    return replaceAll(this.unmistakable, this.learned.hide(text, MASK, isCut));
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The position after the closing quote of a string of valid JSON. */
function findEndOfString(json: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const character = json[at];
    if (character === '\\') at++;
    else if (character === '"' || character === undefined) return at + 1;
  }
}

/** Characters that are the same in JSON and in a URL. */
const PLAIN = /^[\w.~-]*$/;

/** The forms of a secret: plain, escaped in JSON, and encoded in a URL. */
function listForms(secret: string): string[] {
  if (PLAIN.test(secret)) return [secret];
  return [
    ...new Set([
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '')),
    ]),
  ];
}

function replaceAll(forms: readonly string[], given: string): string {
  let result = given;
  for (const form of forms) result = result.replaceAll(form, MASK);
  return result;
}
