/** Minimum length of a learned secret: shorter texts may be words. Also the length of the prefixes in the index. */
const MIN_LENGTH = 8;

/**
 * Secrets that a process received at run time, at most `capacity` of them: the oldest is dropped first. They are indexed
 * by prefix, so that the time of a search depends on the length of the text and not on the number of secrets.
 */
export class LearnedSecrets {
  private readonly formsBySecret = new Map<string, readonly string[]>();
  private readonly byBeginning = new Map<string, string[]>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.formsBySecret.size;
  }

  learn(secret: string, forms: readonly string[]): void {
    if (secret.length < MIN_LENGTH || this.formsBySecret.has(secret)) return;
    this.formsBySecret.set(secret, forms);
    for (const form of forms) {
      const beginning = form.slice(0, MIN_LENGTH);
      this.byBeginning.set(beginning, [form, ...(this.byBeginning.get(beginning) ?? [])]);
    }
    const [oldest] = this.formsBySecret.keys();
    if (this.size > this.capacity) this.drop(oldest!);
  }

  /** @param isCut whether the text may be truncated, in the middle of a secret */
  hide(text: string, mask: string, isCut = false): string {
    if (this.size === 0) return text;
    let result = '';
    let copied = 0;
    for (let at = 0; at + MIN_LENGTH <= text.length;) {
      const length = this.measureAt(text, at, isCut);
      if (length === 0) {
        at++;
        continue;
      }
      result += text.slice(copied, at) + mask;
      at += length;
      copied = at;
    }
    return copied === 0 ? text : result + text.slice(copied);
  }

  /** @returns the length of the secret that begins here; 0 if none does */
  private measureAt(text: string, at: number, isCut: boolean): number {
    const candidates = this.byBeginning.get(text.slice(at, at + MIN_LENGTH));
    if (!candidates) return 0;
    const whole = candidates.filter((form) => text.startsWith(form, at)).map(({ length }) => length);
    if (whole.length > 0) return Math.max(...whole);
    const rest = text.length - at;
    const isBegun = isCut && candidates.some((form) => form.length > rest && form.startsWith(text.slice(at)));
    return isBegun ? rest : 0;
  }

  private drop(secret: string): void {
    for (const form of this.formsBySecret.get(secret)!) {
      const beginning = form.slice(0, MIN_LENGTH);
      const others = this.byBeginning.get(beginning)!.filter((other) => other !== form);
      if (others.length === 0) this.byBeginning.delete(beginning);
      else this.byBeginning.set(beginning, others);
    }
    this.formsBySecret.delete(secret);
  }
}
