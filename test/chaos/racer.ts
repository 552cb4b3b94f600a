import 'reflect-metadata';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type RequestSpec, Unavailable } from '@bbb/rules';
import { SchedulerDb } from '@bbb/scheduler-db';
import { createDataSourceOptions, parseDatabaseUrl, retryWhenBusy } from '@bbb/sql';
import { DataSource } from 'typeorm';

/** What a process of racers is told. */
export interface Race {
  /** The scheduler database, in which all race. */
  url: string;
  /** A database with a table `orders`, from which an order vanishes when it is given up. */
  ordersUrl: string;
  orders: (RequestSpec & { order: number })[];
  /** Of each kind, each with connections of its own. */
  creators: number;
  withdrawers: number;
  /** The withdrawers go through the orders from the end, and so come first to half of them. */
  backwards: boolean;
  /** Attempts of one racer at the same time. */
  atOnce: number;
}

/** What it tells in the end: for each attempt the order, what was tried, and the request or null. */
export interface RaceResult {
  attempts: [order: number, what: 'create' | 'withdraw', request: number | null][];
  /** Attempts that had to be repeated, because something was locked too long. */
  repeated: number;
}

const POOL = { poolSize: 4, connectTimeout: 10 };

Logger.overrideLogger(false);
const race = JSON.parse(process.argv[2]!) as Race;
// Of several processes that open a SQLite file at the same moment, one sets its journal mode, and the others find it busy.
const source = await retryWhenBusy(() =>
  new DataSource(createDataSourceOptions(parseDatabaseUrl(race.ordersUrl), POOL)).initialize(),
);
const result: RaceResult = { attempts: [], repeated: 0 };

const isWanted = (order: number) =>
  retryWhenBusy(async () => {
    const rows = await source.query<unknown[]>(`SELECT id FROM orders WHERE id = ${order}`);
    return rows.length > 0;
  });
const giveUp = (order: number) =>
  retryWhenBusy(async () => void (await source.query(`DELETE FROM orders WHERE id = ${order}`)));

/** Tries until something comes of it, as the bridge does. */
async function attempt(db: SchedulerDb, what: 'create' | 'withdraw', order: Race['orders'][number]) {
  for (;;) {
    try {
      const request =
        what === 'create'
          ? await db.create(order, () => isWanted(order.order))
          : await db.withdraw(order, () => giveUp(order.order));
      result.attempts.push([order.order, what, request ?? null]);
      return;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      result.repeated++;
      await sleep(20);
    }
  }
}

/** The furthest order that a creator of this process has come to. */
let reached = 0;

/**
 * One racer: goes through all orders, each of which its rivals reach at about the same time. A withdrawer has fewer
 * orders and would soon be alone in front: unless it comes from the other end, it keeps pace with the creators.
 */
async function run(db: SchedulerDb, what: 'create' | 'withdraw'): Promise<void> {
  // Every second order is given up by somebody.
  const mine = race.orders.filter(({ order }) => what === 'create' || order % 2 === 0);
  if (what === 'withdraw' && race.backwards) mine.reverse();
  const rest = mine[Symbol.iterator]();
  const lane = async () => {
    for (const order of rest) {
      if (what === 'create') reached = Math.max(reached, order.order);
      else while (!race.backwards && reached < order.order) await sleep(1);
      await attempt(db, what, order);
    }
  };
  await Promise.all(Array.from({ length: race.atOnce }, lane));
}

const racers = [
  ...Array.from({ length: race.creators }, () => 'create' as const),
  ...Array.from({ length: race.withdrawers }, () => 'withdraw' as const),
].map((what) => ({ what, db: new SchedulerDb({ url: race.url, ...POOL }) }));
for (const { db } of racers) await db.findProblem();
process.stdout.write('ready\n');
await once(process.stdin, 'data');

await Promise.all(racers.map(({ what, db }) => run(db, what)));
await Promise.all(racers.map(({ db }) => db.close()));
await source.destroy();
process.stdout.write(JSON.stringify(result), () => process.exit(0));
