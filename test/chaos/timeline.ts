import { setTimeout as sleep } from 'node:timers/promises';
import type { OneAtATime } from '../../sandbox/buildbot/one-at-a-time.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { hasRabbitmqctl } from '../support/global-setup.js';
import type { Instance } from './instance.js';
import type { Happening } from './plan.js';
import { closeConnections, killSessions } from './servers.js';
import type { Tally } from './counters.js';
import type { TcpProxy } from '../support/doubles/tcp-proxy.js';
import type { Weather } from './faults.js';

/** What chaos can lay hands on. */
export interface Reach {
  sandbox: Sandbox;
  instances: readonly Instance[];
  databases: { server: string; scheduler: TcpProxy; bridge: TcpProxy };
  broker: TcpProxy;
  weather: Weather;
  /** The outside world at work: what it does, and what changes under it, one after the other. */
  outside: OneAtATime;
  tally: Tally;
  /** A line for each thing that happens. */
  tell(text: string): void;
}

/** Lets one thing happen; resolves when it is over. */
export async function happen({ kind, lasts, whom, how }: Happening, reach: Reach): Promise<void> {
  const { sandbox, weather, tally, tell } = reach;
  const text = `${kind} ${lasts.toFixed(1)} s`;
  switch (kind) {
    case 'kill':
    case 'pause':
    case 'restart': {
      const available = reach.instances.filter(({ isAvailable }) => isAvailable);
      const instance = available[Math.floor(whom * available.length)];
      if (!instance) return;
      tell(`${text}: ${instance.name}`);
      tally.count(kind);
      if (kind === 'pause' && lasts > 10) tally.count('pause: longer than a lock is waited for');
      return instance[kind](lasts);
    }
    case 'master-killed':
      if (!sandbox.master.isUp) return;
      tell(text);
      tally.count(kind);
      await sandbox.master.kill();
      await sleep(lasts * 1000);
      return sandbox.master.restart();
    case 'sessions-killed': {
      const ports = databaseOf(reach, whom).upstreamPorts;
      const some = how < 0.5 ? ports : ports.filter((_, index) => index % 2 === 0);
      const killed = await killSessions(reach.databases.server, some);
      tell(`${text}: ${killed} of ${ports.length}`);
      return tally.count(kind, killed);
    }
    case 'answer-lost':
      databaseOf(reach, whom).loseNextAnswer();
      return tally.count(kind);
    case 'database-away': {
      const { scheduler, bridge } = reach.databases;
      const away = whom < 0.4 ? [scheduler] : whom < 0.8 ? [bridge] : [scheduler, bridge];
      const manner = how < 0.6 ? 'refuses' : 'stalls';
      tell(
        `${text}: ${away.map((proxy) => (proxy === bridge ? 'bridge' : 'scheduler')).join(', ')} ${manner}`,
      );
      return outage(away, manner, lasts, tally, kind);
    }
    case 'broker-cut': {
      const ports = reach.broker.upstreamPorts;
      const byServer = how < 0.7 && hasRabbitmqctl();
      const cut = byServer ? await closeConnections(ports) : reach.broker.cut();
      tell(`${text}: ${cut} connections`);
      return tally.count(`${kind}: ${byServer ? 'closed by the broker' : 'connection lost'}`, cut);
    }
    case 'broker-away': {
      const manner = how < 0.7 ? 'refuses' : 'stalls';
      tell(`${text}: ${manner}`);
      return outage([reach.broker], manner, lasts, tally, kind);
    }
    case 'queue-deleted': {
      const queue = sandbox.queues[Math.floor(whom * sandbox.queues.length)]!;
      const held = await sandbox.deleteQueue(queue);
      tell(`${text}: ${queue}, ${held} messages waited in it`);
      tally.count('messages: deleted with their queue', held);
      return tally.count(kind);
    }
    case 'silence':
      tell(text);
      tally.count(kind);
      weather.silence = true;
      await sleep(lasts * 1000);
      weather.silence = false;
      return;
    case 'taskcluster-away':
    case 'self-serve-away': {
      const system = kind === 'taskcluster-away' ? 'taskclusterIsAway' : 'selfServeIsAway';
      tell(text);
      tally.count(kind);
      weather[system] = how;
      await sleep(lasts * 1000);
      weather[system] = undefined;
    }
  }
}

function databaseOf({ databases }: Reach, whom: number): TcpProxy {
  return whom < 0.5 ? databases.scheduler : databases.bridge;
}

async function outage(
  proxies: readonly TcpProxy[],
  manner: 'refuses' | 'stalls',
  seconds: number,
  tally: Tally,
  kind: string,
): Promise<void> {
  tally.count(`${kind}: ${manner}`);
  if (manner === 'refuses') await Promise.all(proxies.map((proxy) => proxy.refuse()));
  else for (const proxy of proxies) proxy.stall();
  await sleep(seconds * 1000);
  await Promise.all(proxies.map((proxy) => proxy.recover()));
}
