/** Minimum length of a learned secret: shorter texts may be words. Also the length of the prefixes in the index. */
const MIN_LENGTH = 8;

/** Bits of {@link hashNext}: those of the last four characters. */
const BITS = 20;

/** Number of secrets with one hash from which on it is not counted any more. */
const MANY = 255;

/**
 * Secrets that a process received at run time, at most `capacity` of them: the oldest is dropped first. They are indexed
 * by prefix, so that the time of a search depends on the length of the text and not on the number of secrets; most positions
 * of a text are passed by a hash of four characters alone.
 */
export class LearnedSecrets {
  private readonly formsBySecret = new Map<string, readonly string[]>();
  private readonly byBeginning = new Map<string, string[]>();
  /** How many beginnings have a hash. */
  private readonly byHash = new Uint8Array(1 << BITS);

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.formsBySecret.size;
  }

  learn(secret: string, forms: readonly string[]): void {
    if (secret.length < MIN_LENGTH || this.formsBySecret.has(secret)) return;
    this.formsBySecret.set(secret, forms);
    for (const form of forms) {
      const beginning = form.slice(0, MIN_LENGTH);
      const others = this.byBeginning.get(beginning);
      if (!others) this.count(beginning, 1);
      this.byBeginning.set(beginning, [form, ...(others ?? [])]);
    }
    const [oldest] = this.formsBySecret.keys();
    if (this.size > this.capacity) this.drop(oldest!);
  }

  /** @param isCut whether the text may be truncated, in the middle of a secret */
  hide(text: string, mask: string, isCut = false): string {
    if (this.size === 0) return text;
    let result = '';
    let copied = 0;
    let hash = hashBeginning(text, 0);
    for (let at = 0; at + MIN_LENGTH <= text.length;) {
      const length = this.byHash[hash] === 0 ? 0 : this.measureAt(text, at, isCut);
      if (length === 0) {
        at++;
        hash = hashNext(hash, text.charCodeAt(at + HASHED - 1));
        continue;
      }
      result += text.slice(copied, at) + mask;
      at += length;
      copied = at;
      hash = hashBeginning(text, at);
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

  private count(beginning: string, by: 1 | -1): void {
    const hash = hashBeginning(beginning, 0);
    if (this.byHash[hash]! < MANY) this.byHash[hash]! += by;
  }

  private drop(secret: string): void {
    for (const form of this.formsBySecret.get(secret)!) {
      const beginning = form.slice(0, MIN_LENGTH);
      const others = this.byBeginning.get(beginning)!.filter((other) => other !== form);
      if (others.length === 0) {
        this.byBeginning.delete(beginning);
        this.count(beginning, -1);
      } else this.byBeginning.set(beginning, others);
    }
    this.formsBySecret.delete(secret);
  }
}

/** Characters that count in a hash. */
const HASHED = 4;

function hashBeginning(text: string, at: number): number {
  let hash = 0;
  for (let next = at; next < at + HASHED; next++) hash = hashNext(hash, text.charCodeAt(next));
  return hash;
}

/** The hash of the last four characters, of which the last one is new; the ones before are shifted out. */
function hashNext(hash: number, code: number): number {
  return ((hash << (BITS / HASHED)) ^ code) & ((1 << BITS) - 1);
}
