import { Injectable } from '@nestjs/common';
import type { BuildMessage } from '@bbb/buildbot';
import { TrackedBuilds } from './tracked-builds.js';

/**
 * A build has started: its tasks are claimed.
 *
 * Nearly all builds of a farm are none of ours; they carry no taskId and cost nothing here. The message may be hours
 * late, and that of a retry's next build usually comes before the end message of the build before it.
 */
@Injectable()
export class BuildStartedService {
  constructor(private readonly builds: TrackedBuilds) {}

  async handle(message: BuildMessage): Promise<void> {
    if (message.taskId === undefined) return;
    await this.builds.tell(message, { kind: 'started', buildNumber: message.buildNumber });
  }
}
