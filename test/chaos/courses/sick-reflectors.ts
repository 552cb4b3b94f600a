import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../../sandbox/sandbox.js';
import { TcpProxy } from '../../support/doubles/tcp-proxy.js';
import type { Tally } from '../counters.js';
import type { Instance } from '../instance.js';
import type { Course } from './course.js';

/** Seconds. */
const CUT_OFF = 4;
const TOGETHER = 1;
const PAUSED = 4;
const AWAKE = 3;

const SYSTEMS = ['taskcluster', 'scheduler', 'bridge', 'self-serve'] as const;
type System = (typeof SYSTEMS)[number];

interface Surroundings {
  sandbox: Sandbox;
  /** Databases as the other instances reach them. */
  databases: { scheduler: { url: string }; bridge: { url: string } };
  tally: Tally;
  tell(text: string): void;
}

/**
 * Three reflectors, none of which is always well: the first is cut off from one outside system after another, the second
 * is paused again and again, and the third has a wrong `rootUrl` all the time. No claim may expire.
 */
export class SickReflectors implements Course {
  private constructor(
    private readonly surroundings: Surroundings,
    private readonly ways: Readonly<Record<System, TcpProxy>>,
    private readonly stranger: Server,
  ) {}

  static async start(surroundings: Surroundings): Promise<SickReflectors> {
    const { sandbox, databases } = surroundings;
    const ways = {
      taskcluster: await TcpProxy.start(sandbox.taskcluster.url),
      scheduler: await TcpProxy.start(databases.scheduler.url),
      bridge: await TcpProxy.start(databases.bridge.url),
      'self-serve': await TcpProxy.start(sandbox.selfServe.url),
    };
    const stranger = createServer((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<title>default backend</title>');
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    return new SickReflectors(surroundings, ways, stranger);
  }

  configure({ service, number }: Parameters<Course['configure']>[0], common: object): object {
    if (service !== 'reflector') return common;
    const { taskcluster_queue_config: queue } = common as { taskcluster_queue_config: object };
    if (number === 3) {
      const rootUrl = `http://127.0.0.1:${(this.stranger.address() as AddressInfo).port}`;
      return { ...common, taskcluster_queue_config: { ...queue, rootUrl } };
    }
    if (number !== 1) return common;
    const { taskcluster, scheduler, bridge } = this.ways;
    return {
      ...common,
      taskcluster_queue_config: { ...queue, rootUrl: new URL(taskcluster.url).origin },
      buildbot_scheduler_db: scheduler.url,
      bbb_db: bridge.url,
      selfserve_url: this.ways['self-serve'].url,
    };
  }

  async run(instances: readonly Instance[], seconds: number): Promise<void> {
    const reflectors = instances.filter(({ service }) => service === 'reflector');
    const end = Date.now() + seconds * 1000;
    await Promise.all([this.cutOff(end), this.pause(reflectors[1]!, end)]);
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.ways).map((way) => way.stop()));
    this.stranger.closeAllConnections();
    this.stranger.close();
  }

  /** Both ways of being away, in turn. */
  private async cutOff(end: number): Promise<void> {
    const { tally, tell } = this.surroundings;
    for (let turn = 0; Date.now() + CUT_OFF * 1000 < end; turn++) {
      const system = SYSTEMS[turn % SYSTEMS.length]!;
      const manner = Math.floor(turn / SYSTEMS.length) % 2 === 0 ? 'refuses' : 'stalls';
      tell(`first reflector cut off: ${system} ${manner}`);
      tally.count(`reflector cut off: ${system} ${manner}`);
      if (manner === 'refuses') await this.ways[system].refuse();
      else this.ways[system].stall();
      await sleep(CUT_OFF * 1000);
      await this.ways[system].recover();
      await sleep(TOGETHER * 1000);
    }
  }

  private async pause(reflector: Instance, end: number): Promise<void> {
    const { tally, tell } = this.surroundings;
    while (Date.now() + PAUSED * 1000 < end) {
      tell('second reflector paused');
      tally.count('reflector paused');
      await reflector.pause(PAUSED);
      await sleep(AWAKE * 1000);
    }
  }
}
