/** A destination of a log that keeps its records. */
export class LogLines {
  readonly lines: string[] = [];

  write(line: string): void {
    this.lines.push(line);
  }

  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get messages(): unknown[] {
    return this.records.map(({ msg }) => msg);
  }

  get text(): string {
    return this.lines.join('');
  }
}
