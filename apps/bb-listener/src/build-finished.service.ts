import { Injectable } from '@nestjs/common';
import { readLogUrl, type BuildMessage } from '@bbb/buildbot';
import { TrackedBuilds } from './tracked-builds.js';

/**
 * A build has ended and its log is uploaded: artifacts are attached and the tasks resolved.
 *
 * The message has the build's properties and the URL of its log. Whether and how the build has ended is read from the
 * scheduler database, because the message may be about an earlier build of the same request.
 */
@Injectable()
export class BuildFinishedService {
  constructor(private readonly builds: TrackedBuilds) {}

  /** @throws LeaveToOthers when the message may be left to the instance that has claimed the runs */
  async handle(message: BuildMessage, { mayLeave = false } = {}): Promise<void> {
    if (message.taskId === undefined) return;
    const { buildNumber, results, properties } = message;
    const event = {
      kind: 'finished',
      buildNumber,
      results,
      properties,
      logUrl: readLogUrl(message),
    } as const;
    await this.builds.deliver(message, event, { mayLeave });
  }
}
