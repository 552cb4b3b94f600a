import { BuildbotMasters } from '@bbb/modern-buildbot';
import { ModernBuildbot } from '../../libs/buildbot/src/modern/modern-buildbot.js';
import { MasterCalls } from '../support/real-buildbot/master-calls.js';
import { type Passed, RecordingProxy } from '../support/recording-proxy.js';
import type { BuildbotHarness } from './buildbot.contract.js';
import { type SteerableMaster, SteeredMaster } from './steered-master.js';

const BUILDER = 'steered';

/** A master of modern Buildbot, real or simulated, with the plugin or without, seen through the bridge's adapter. */
export async function modernBuildbot(
  steerable: SteerableMaster,
  creation: 'plugin' | 'force' = 'plugin',
): Promise<BuildbotHarness> {
  const calls = new MasterCalls(steerable.rest);
  const master = new SteeredMaster(steerable, calls);
  const cancelled: number[] = [];
  const cancellations: ({ buildId: number } | { buildRequestId: number })[] = [];
  const note = async ({ verb, path, body }: Passed) => {
    const [, id] = /^\/api\/v2\/buildrequests\/(\d+)$/.exec(path) ?? [];
    if (verb !== 'POST' || id === undefined || !body.includes('"cancel"')) return;
    cancelled.push(Number(id));
    // One call is for both: the build, if one runs, and else the request.
    const build = await calls.build(Number(id));
    cancellations.push(
      build?.complete === false ? { buildId: build.buildid } : { buildRequestId: Number(id) },
    );
  };
  const proxy = await RecordingProxy.start(steerable.url, note);
  const opened: BuildbotMasters[] = [];

  return {
    master,
    builders: { known: BUILDER, unknown: 'Amiga build' },
    setsTimes: true,
    connect: () => {
      const masters = new BuildbotMasters({
        ...{
          url: proxy.url,
          masters: {},
          ...steerable.account,
          scheduler: creation === 'plugin' ? 'bridge' : 'plain',
        },
        creation,
        ...{ timeout: 20, maxConnections: 4, unknownGrace: 0 },
      });
      opened.push(masters);
      return new ModernBuildbot(masters);
    },
    cancellations: () => cancellations,
    settleCancellations: async () => {
      for (const id of cancelled) await calls.completed(id);
    },
    dispose: async () => {
      for (const masters of opened) masters.onApplicationShutdown();
      await proxy.close();
      await master.clear();
    },
  };
}
