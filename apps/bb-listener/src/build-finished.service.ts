import { Injectable } from '@nestjs/common';
import { logUrlOf, type BuildMessage } from '@bbb/buildbot';
import { TrackedBuilds } from './tracked-builds.js';

/**
 * A build has ended and its log is uploaded: artifacts are attached and the tasks resolved.
 *
 * The message brings the build's properties and its log's address. Whether the build has ended, and how, is the
 * scheduler database's word: the message may be of an earlier build of the same request.
 */
@Injectable()
export class BuildFinishedService {
  constructor(private readonly builds: TrackedBuilds) {}

  async handle(message: BuildMessage): Promise<void> {
    if (message.taskId === undefined) return;
    const { buildNumber, results, properties } = message;
    await this.builds.tell(message, {
      kind: 'finished',
      buildNumber,
      results,
      properties,
      logUrl: logUrlOf(message),
    });
  }
}
