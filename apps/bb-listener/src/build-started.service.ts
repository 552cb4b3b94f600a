import { Injectable } from '@nestjs/common';
import type { BuildMessage } from '@bbb/buildbot';
import { TrackedBuilds } from './tracked-builds.js';

/**
 * A build has started: its tasks are claimed.
 *
 * Most builds of a farm are not the bridge's; they have no taskId and are ignored at once. The message may be hours late.
 * After a RETRY, the message of the next build usually arrives before the end message of the previous one.
 */
@Injectable()
export class BuildStartedService {
  constructor(private readonly builds: TrackedBuilds) {}

  async handle(message: BuildMessage): Promise<void> {
    if (message.taskId === undefined) return;
    await this.builds.deliver(message, { kind: 'started', buildNumber: message.buildNumber });
  }
}
