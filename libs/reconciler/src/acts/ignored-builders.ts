import type { LoggerService } from '@nestjs/common';

/** Maximum names that are remembered; every author of a task can choose one. */
const MOST = 1000;

/** Logs once per builder that its tasks are ignored: a pattern that matches too much would look like a lack of tasks. */
export class IgnoredBuilders {
  private readonly names = new Set<string>();

  constructor(private readonly logger: Pick<LoggerService, 'log'>) {}

  note(taskId: string, buildername: unknown): void {
    if (typeof buildername !== 'string' || this.names.has(buildername) || this.names.size >= MOST) return;
    this.names.add(buildername);
    this.logger.log({ taskId, buildername }, 'tasks of this builder are ignored (ignored_builders)');
  }
}
