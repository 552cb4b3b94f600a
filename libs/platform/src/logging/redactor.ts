const MASK = '[secret]';

/** A shorter secret may well be a word: in what others wrote it is one only where it is all that stands there. */
const UNMISTAKABLE = 8;

/** Takes known secrets out of texts of any length. */
export class Redactor {
  private readonly forms: readonly string[];

  /** @param secrets as {@link secretsOf} gives them */
  constructor(secrets: readonly string[]) {
    const forms = secrets.flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '')),
    ]);
    // A secret that contains another one goes first, so that nothing of it remains.
    this.forms = [...new Set(forms)].sort((one, other) => other.length - one.length);
  }

  text(given: string): string {
    return without(this.forms, given);
  }

  /**
   * A message's body. In JSON only texts are changed, so that a body stays one, and escaped secrets are found; what is
   * no JSON is taken as text, of which the end may have been cut off. A body without a secret is returned as it is,
   * character by character.
   */
  body(given: string): string {
    let isChanged = false;
    const cleaned = (text: string) => {
      const clean = this.foreign(text);
      if (clean !== text) isChanged = true;
      return clean;
    };
    try {
      const parsed: unknown = JSON.parse(given, (_, value: unknown) => {
        if (typeof value === 'string') return cleaned(value);
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
        const entries = Object.entries(value).map(([name, item]) => [cleaned(name), item] as const);
        return isChanged ? Object.fromEntries(entries) : value;
      });
      return isChanged ? JSON.stringify(parsed) : given;
    } catch {
      return this.withoutBeginning(this.foreign(given));
    }
  }

  /** Without the part of a secret at the end of a text whose rest was cut off. */
  private withoutBeginning(text: string): string {
    for (const form of this.forms) {
      for (let length = form.length - 1; length >= UNMISTAKABLE; length--) {
        if (text.endsWith(form.slice(0, length))) return text.slice(0, -length) + MASK;
      }
    }
    return text;
  }

  private foreign(text: string): string {
    if (this.forms.includes(text)) return MASK;
    return without(
      this.forms.filter(({ length }) => length >= UNMISTAKABLE),
      text,
    );
  }
}

function without(forms: readonly string[], given: string): string {
  let result = given;
  for (const form of forms) result = result.replaceAll(form, MASK);
  return result;
}
