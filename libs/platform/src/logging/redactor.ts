import { LearnedSecrets } from './learned-secrets.js';

const MASK = '[secret]';

/** A shorter secret may be a word: in text from outside it is hidden only when it is the whole text. */
const UNMISTAKABLE = 8;

/** Twice the number of secrets of all runs in progress: each claim and reclaim brings new credentials. */
const MAX_LEARNED = 40_000;

/** Removes known secrets from texts of any length. */
export class Redactor {
  private readonly forms: readonly string[];
  private readonly learned = new LearnedSecrets(MAX_LEARNED);

  /** @param secrets as {@link listSecrets} gives them */
  constructor(secrets: readonly string[]) {
    // A secret that contains another one is replaced first, so that no part of it remains.
    this.forms = [...new Set(secrets.flatMap(listForms))].sort((one, other) => other.length - one.length);
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
    let isChanged = false;
    const clean = (text: string) => {
      const clean = this.hideForeign(text);
      if (clean !== text) isChanged = true;
      return clean;
    };
    try {
      const parsed: unknown = JSON.parse(given, (_, value: unknown) => {
        if (typeof value === 'string') return clean(value);
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
        const entries = Object.entries(value).map(([name, item]) => [clean(name), item] as const);
        return isChanged ? Object.fromEntries(entries) : value;
      });
      return isChanged ? JSON.stringify(parsed) : given;
    } catch {
      return this.hideBeginning(this.hideForeign(given, true));
    }
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
    return replaceAll(
      this.forms.filter(({ length }) => length >= UNMISTAKABLE),
      this.learned.hide(text, MASK, isCut),
    );
  }
}

/** The forms of a secret: plain, escaped in JSON, and encoded in a URL. */
function listForms(secret: string): string[] {
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
