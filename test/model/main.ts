import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Logger } from '@nestjs/common';
import { readOptionsGiven } from '../support/command-line.js';
import { type HistoriesReport, runHistories, explain, join, report } from './run-histories.js';
import { ProgressLine } from '../../libs/commands/src/output/progress-line.js';
import { type ModelOptions, readOptions, USAGE } from './options.js';

/** A stretch of seeds for one thread. */
interface Stretch {
  seed: number;
  histories: number;
}

/** Histories between two signs of life. */
const CHUNK = 500;

Logger.overrideLogger(false);
if (isMainThread) {
  const options = readOptionsGiven(readOptions, USAGE);
  if (options) await main(options);
} else await work(workerData as Stretch);

async function work({ seed, histories }: Stretch): Promise<void> {
  for (let done = 0; done < histories; done += CHUNK) {
    const part = await runHistories(seed + done, Math.min(CHUNK, histories - done));
    parentPort?.postMessage(part);
    if (part.failure) return;
  }
}

async function main({ histories, seed, workers }: ModelOptions): Promise<void> {
  const whole: HistoriesReport = { histories: 0, ends: new Map(), faults: new Map(), lasted: 0 };
  const progress = new ProgressLine();
  progress.show(0, histories, 'random histories');
  const begun = performance.now();
  const share = Math.ceil(histories / workers);
  const stretches = Array.from({ length: workers }, (_, index): Stretch => ({
    seed: seed + index * share,
    histories: Math.min(share, histories - index * share),
  })).filter((stretch) => stretch.histories > 0);
  await Promise.all(
    stretches.map((stretch) =>
      follow(stretch, (part) => {
        join(whole, part);
        progress.show(whole.histories, histories, 'random histories');
      }),
    ),
  );
  progress.erase();
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${report(whole)}\n${seconds.toFixed(0)} s, ${Math.round(whole.histories / seconds)} histories a second`,
  );
  if (!whole.failure) return;
  console.log(await explain(whole.failure));
  process.exitCode = 1;
}

function follow(stretch: Stretch, onPart: (part: HistoriesReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: stretch });
    worker.on('message', onPart);
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}
