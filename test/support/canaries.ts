/** Known secrets, and a search for them in everything that came out. */
export class Canaries {
  private readonly outputs = new Map<string, string>();

  constructor(private readonly values: Record<string, string>) {}

  /** Adds what became a secret on the way. */
  add(name: string, value: string): void {
    this.values[name] = value;
  }

  /** Takes an output in, under a name that says where it came from. */
  collect(source: string, text: string): void {
    this.outputs.set(source, (this.outputs.get(source) ?? '') + text);
  }

  /** All that was collected of the sources whose names begin so. */
  seen(prefix = ''): string {
    return [...this.outputs]
      .filter(([source]) => source.startsWith(prefix))
      .map(([, text]) => text)
      .join('\n');
  }

  /** Which secret was found where. */
  findCanaries(): string[] {
    return [...this.outputs].flatMap(([source, text]) =>
      Object.entries(this.values)
        .filter(([, value]) => listForms(value).some((form) => text.includes(form)))
        .map(([name]) => `${name} in ${source}`),
    );
  }
}

/** As it is, within JSON, within JSON in JSON, within a URL, in base64, and its first half. */
function listForms(value: string): string[] {
  const escaped = JSON.stringify(value).slice(1, -1);
  return [
    value,
    escaped,
    JSON.stringify(escaped).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
    value.slice(0, Math.max(12, Math.ceil(value.length / 2))),
  ];
}

/** Takes in what is written to standard output and standard error until the returned function is called. */
export function listenToStreams(canaries: Canaries): () => void {
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const { write } = stream;
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      canaries.collect(name, Buffer.from(chunk as Uint8Array).toString());
      return (write as (...args: unknown[]) => boolean).call(stream, chunk, ...rest);
    };
    return () => void (stream.write = write);
  });
  return () => restore.forEach((step) => step());
}
