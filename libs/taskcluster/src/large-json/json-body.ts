import { DEFAULT_SIZES, type KeptSizes, LargeJsonReader, TooMuchJson } from './read-large-json.js';

/** The body of an answer, read as JSON while it arrives. */
export class JsonBody {
  private parts: Buffer[] = [];
  private size = 0;
  private large: LargeJsonReader | undefined;
  private isBroken = false;

  constructor(private readonly sizes: KeptSizes = DEFAULT_SIZES) {}

  /** @throws TooMuchJson when its values are too many to be kept together */
  push(part: Buffer): void {
    this.size += part.length;
    // Smaller than any value that would be left out, or known to be harmless: parsed at once.
    if (this.size <= (this.sizes.whole ?? this.sizes.value)) {
      this.parts.push(part);
      return;
    }
    const parts = [...this.parts, part];
    this.parts = [];
    this.large ??= new LargeJsonReader(this.sizes);
    for (const each of parts) this.read(this.large, each);
  }

  /** The value; undefined when the body is empty or no JSON. */
  value(): unknown {
    if (this.isBroken) return undefined;
    try {
      return (this.large ? this.large.end() : JSON.parse(Buffer.concat(this.parts).toString())) as unknown;
    } catch {
      return undefined;
    }
  }

  private read(large: LargeJsonReader, part: Buffer): void {
    if (this.isBroken) return;
    try {
      large.push(part);
    } catch (error) {
      if (error instanceof TooMuchJson) throw error;
      this.isBroken = true;
    }
  }
}
