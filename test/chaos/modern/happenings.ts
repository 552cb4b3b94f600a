import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '../instance.js';
import type { Tally } from '../counters.js';
import type { RealMaster } from '../../support/real-buildbot/real-master.js';
import type { FaultyProxy } from './faulty-proxy.js';

/** Milliseconds that a planned stop of the master may last. */
const PATIENCE_WITH_STOP = 15_000;

export interface Reach {
  master: RealMaster;
  proxy: FaultyProxy;
  instances: readonly Instance[];
  tally: Tally;
  random: () => number;
}

/** What happens to the master, one thing after the other. */
const TO_THE_MASTER = [
  'master killed',
  'master stopped as planned',
  'worker killed',
  'worker frozen',
] as const;

/** What happens to its web server. */
const TO_REST = ['REST slow', 'REST wrong'] as const;

/** What happens to the connections over which it sends events. */
const TO_EVENTS = ['WebSockets cut', 'WebSockets silent'] as const;

/** Faults go on until the time is over; what was taken away is there again when the promise resolves. */
export async function causeFaults(reach: Reach, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  const chain = async (cause: () => Promise<void>, pause: number) => {
    for (await rest(reach, pause); Date.now() < end; await rest(reach, pause)) await cause();
  };
  await Promise.all([
    chain(
      inTurn(TO_THE_MASTER, (name) => harmMaster(reach, name)),
      6,
    ),
    chain(
      inTurn(TO_REST, (name) => harmRest(reach, name)),
      8,
    ),
    chain(
      inTurn(TO_EVENTS, async (name) => harmEvents(reach, name)),
      8,
    ),
    chain(() => harmService(reach), 7),
  ]);
}

/** Each once before any comes again, so that a short run has all. */
function inTurn<Name>(names: readonly Name[], cause: (name: Name) => Promise<void>): () => Promise<void> {
  let next = 0;
  return () => cause(names[next++ % names.length]!);
}

/** A pause of about so many seconds. */
async function rest({ random }: Reach, seconds: number): Promise<void> {
  await sleep(seconds * 1000 * (0.5 + random()));
}

async function harmMaster(reach: Reach, name: (typeof TO_THE_MASTER)[number]): Promise<void> {
  const { master, tally } = reach;
  tally.count(`fault: ${name}`);
  switch (name) {
    case 'master killed':
    case 'master stopped as planned':
      await (name === 'master killed' ? master.kill() : stopAsPlanned(reach));
      await rest(reach, 2);
      await master.start();
      break;
    case 'worker killed':
      await master.worker.kill();
      await rest(reach, 2);
      await master.worker.start();
      break;
    case 'worker frozen':
      master.worker.freeze();
      await rest(reach, 4);
      master.worker.thaw();
  }
  await master.workerIsConnected();
}

/** A stop waits for builds that never end, because their worker was lost; in the end the operator waits no longer. */
async function stopAsPlanned({ master, tally }: Reach): Promise<void> {
  const tooLong = setTimeout(() => {
    tally.count('operator: master killed, whose planned stop did not end');
    void master.kill();
  }, PATIENCE_WITH_STOP);
  await master.stop();
  clearTimeout(tooLong);
}

async function harmRest(reach: Reach, name: (typeof TO_REST)[number]): Promise<void> {
  const { proxy, tally } = reach;
  tally.count(`fault: ${name}`);
  proxy.weather = name === 'REST slow' ? 'slow' : 'wrong';
  await rest(reach, 7);
  proxy.weather = 'fine';
}

function harmEvents({ proxy, tally }: Reach, name: (typeof TO_EVENTS)[number]): void {
  tally.count(`fault: ${name}`);
  if (name === 'WebSockets cut') proxy.cutWebSockets();
  else proxy.silenceWebSockets();
}

async function harmService(reach: Reach): Promise<void> {
  const { instances, tally, random } = reach;
  const instance = instances[Math.floor(random() * instances.length)]!;
  if (!instance.isAvailable) return;
  const isKilled = random() < 0.7;
  tally.count(`fault: ${instance.service} ${isKilled ? 'killed' : 'restarted'}`);
  await (isKilled ? instance.kill(1) : instance.restart(1));
}
