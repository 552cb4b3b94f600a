type Made = ConstructorParameters<typeof Intl.DateTimeFormat>;

const { DateTimeFormat } = Intl;

/** Makes the real one when it is first asked for something. */
class LateDateTimeFormat {
  private made?: Intl.DateTimeFormat;
  private readonly parameters: Made;

  constructor(...parameters: Made) {
    this.parameters = parameters;
  }

  private get real(): Intl.DateTimeFormat {
    return (this.made ??= new DateTimeFormat(...this.parameters));
  }

  format(date?: Date | number): string {
    return this.real.format(date);
  }

  formatToParts(date?: Date | number): Intl.DateTimeFormatPart[] {
    return this.real.formatToParts(date);
  }

  resolvedOptions(): Intl.ResolvedDateTimeFormatOptions {
    return this.real.resolvedOptions();
  }
}

/**
 * Runs a piece of work in which formats of dates are made when they are first used. Nest's own logger makes one while it
 * is loaded, which nothing here uses, and the first of a process reads the tables of all languages: 8 MB of memory.
 */
export async function withLateDateFormats<T>(work: () => Promise<T>): Promise<T> {
  Intl.DateTimeFormat = LateDateTimeFormat as unknown as typeof DateTimeFormat;
  try {
    return await work();
  } finally {
    Intl.DateTimeFormat = DateTimeFormat;
  }
}
