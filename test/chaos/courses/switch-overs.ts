import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../../sandbox/sandbox.js';
import type { TcpProxy } from '../../support/doubles/tcp-proxy.js';
import type { Tally } from '../counters.js';
import type { Instance } from '../instance.js';
import type { Course } from './course.js';
import type { ServerPair } from './server-pair.js';

interface Surroundings {
  sandbox: Sandbox;
  pair: ServerPair;
  /** The names of both databases. */
  names: readonly string[];
  /** The ways of the services to the databases: they move, and what is connected stays with the old server. */
  services: readonly TcpProxy[];
  /** The ways of Buildbot and Self Serve. */
  outside: readonly TcpProxy[];
  /** Nobody of the outside reads or writes in it. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  tally: Tally;
  tell(text: string): void;
}

/** Both databases move to another server and back; each time the old server becomes read-only. No claim may expire. */
export class SwitchOvers implements Course {
  constructor(private readonly surroundings: Surroundings) {}

  configure(_instance: unknown, common: object): object {
    return common;
  }

  async run(_instances: readonly Instance[], seconds: number): Promise<void> {
    await sleep((seconds * 1000) / 4);
    await this.switchOver('connections break');
    await sleep((seconds * 1000) / 4);
    await this.switchOver('connections stay');
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  private async switchOver(manner: 'connections break' | 'connections stay'): Promise<void> {
    const { sandbox, pair, names, services, outside, alone, tally, tell } = this.surroundings;
    tell(`switch-over: ${manner}`);
    tally.count(`switch-over: ${manner}`);
    await alone(async () => {
      await sandbox.master.halt();
      await sandbox.selfServe.halt();
      await pair.switchOver(names);
      for (const way of [...services, ...outside]) way.moveTo(pair.url);
      for (const way of manner === 'connections break' ? [...services, ...outside] : outside) way.cut();
      // What was cut is noticed in the next turns of the event loop.
      await sleep(100);
      sandbox.master.run(50);
      sandbox.selfServe.run(100);
    });
    tell('switched over');
  }
}
