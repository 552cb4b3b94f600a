export interface Problem {
  /** The setting, by its JSON key and its variable, or the file that is at fault. */
  subject: string;
  /** What is wrong and how it is put right; never with a secret's value. */
  remedy: string;
}

/** The configuration cannot be used; all its problems at once. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  /** @param notes lines that may explain a problem, and are none themselves */
  constructor(
    readonly problems: readonly Problem[],
    notes: readonly string[] = [],
  ) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    const lines = problems.map(({ subject, remedy }) => `  ${subject}: ${remedy}`);
    super([`The configuration has ${count}:`, ...lines, ...notes.map((note) => `  ${note}`)].join('\n'));
  }
}
