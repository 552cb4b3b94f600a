import { Injectable } from '@nestjs/common';
import { BuildbotMasters, type HintListener } from '@bbb/modern-buildbot';

/** The events of a modern Buildbot's masters. They are hints: every change is found without them as well, only later. */
@Injectable()
export class BuildHints {
  private readonly streams;

  constructor(masters: BuildbotMasters) {
    this.streams = masters.createEventStreams();
  }

  start(listener: HintListener): void {
    for (const stream of this.streams) stream.start(listener);
  }

  async stop(): Promise<void> {
    await Promise.all(this.streams.map((stream) => stream.stop()));
  }

  /** The masters from which no events come; undefined when there are none. */
  findProblem(): Promise<string | undefined> {
    const problems = this.streams.flatMap((stream) => stream.findProblem() ?? []);
    return Promise.resolve(problems.length === 0 ? undefined : problems.join('; '));
  }
}
