import { Injectable } from '@nestjs/common';
import { BuildbotMasters } from '@bbb/modern-buildbot';
import {
  Buildbot,
  type BuilderKnown,
  type BuildOutcome,
  type BuildRef,
  type MarkedRequest,
  type RequestKey,
  type RequestPlace,
  type RequestSnapshot,
  type RequestSpec,
} from '@bbb/rules';
import { MODERN_PAYLOAD_RULES } from './payload-rules.js';

/** Buildbot 3.7 and newer, through the REST API of its masters; requests are created through the bridge's plugin. */
@Injectable()
export class ModernBuildbot extends Buildbot {
  override readonly payloadRules = MODERN_PAYLOAD_RULES;

  constructor(private readonly masters: BuildbotMasters) {
    super();
  }

  override create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    return this.masters.create(spec, stillWanted);
  }

  override hasRoomFor(buildername: string): Promise<boolean> {
    return this.masters.hasRoomFor(buildername);
  }

  override findProblems(spec: Pick<RequestSpec, 'properties'>): Promise<string[]> {
    return this.masters.findProblems(spec);
  }

  override find(key: RequestKey): Promise<number | undefined> {
    return this.masters.find(key);
  }

  override withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    return this.masters.withdraw(key, forget);
  }

  override readSnapshots(buildRequestIds: readonly number[]): Promise<Map<number, RequestSnapshot | Error>> {
    return this.masters.readSnapshots(buildRequestIds);
  }

  override listMarkedOpenRequests(afterBuildRequestId: number, limit: number): Promise<MarkedRequest[]> {
    return this.masters.listMarkedOpenRequests(afterBuildRequestId, limit);
  }

  override cancel(request: RequestSnapshot): Promise<void> {
    return this.masters.cancel(request);
  }

  /** Each build has one request: what is collapsed into another request is complete at once. */
  override listSharers(): Promise<number[]> {
    return Promise.resolve([]);
  }

  override readOutcome(build: BuildRef): Promise<BuildOutcome | undefined> {
    return this.masters.readOutcome(build);
  }

  override readPlace(request: RequestSnapshot): Promise<RequestPlace> {
    return this.masters.readPlace(request);
  }

  override listBuilders(): Promise<readonly string[]> {
    return this.masters.listBuilders();
  }

  override knows(buildername: string): Promise<BuilderKnown> {
    return this.masters.knows(buildername);
  }
}
