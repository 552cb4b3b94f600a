export interface Problem {
  /** The wrong setting, by its JSON key and its variable, or the wrong file. */
  subject: string;
  /** What is wrong and how to fix it; never contains the value of a secret. */
  remedy: string;
}

/** The configuration is invalid; lists all problems together. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  /** @param notes lines that may explain a problem but are not problems themselves */
  constructor(
    readonly problems: readonly Problem[],
    notes: readonly string[] = [],
  ) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    const lines = problems.map(({ subject, remedy }) => `  ${subject}: ${remedy}`);
    super([`The configuration has ${count}:`, ...lines, ...notes.map((note) => `  ${note}`)].join('\n'));
  }
}
