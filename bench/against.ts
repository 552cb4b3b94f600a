import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Figures, computeMedian } from './figures.js';
import { type Ceilings, markRate } from './table.js';

const run = promisify(execFile);

/** What is measured in turn with this checkout as it is. */
export interface Other {
  /** Of the compiled services. */
  folder: string;
  /** Variables of the services, besides the usual ones. */
  env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/**
 * A commit as {@link buildCommit}; the folder of another checkout that is built already, which stays; or, for NAME=VALUE,
 * this checkout with that variable.
 */
export async function openOther(given: string): Promise<Other> {
  const stays = { env: {}, remove: () => Promise.resolve() };
  const [, name, value] = /^([A-Z]\w*)=(.*)$/.exec(given) ?? [];
  if (name !== undefined) return { ...stays, folder: '.', env: { [name]: value! } };
  if (existsSync(join(given, 'dist', 'apps'))) return { ...stays, folder: given };
  return { ...stays, ...(await buildCommit(given)) };
}

/**
 * A commit of this repository, built in a folder of its own. It gets this checkout's dependencies where its lock file is
 * the same, and else its own.
 *
 * @throws Error when there is no such commit, or it cannot be built
 */
async function buildCommit(commit: string): Promise<{ folder: string; remove(): Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), 'buildbot-bridge-against-'));
  const folder = join(parent, 'checkout');
  const remove = async () => {
    await run('git', ['worktree', 'remove', '--force', folder]).catch(() => undefined);
    await rm(parent, { recursive: true, force: true });
    await run('git', ['worktree', 'prune']);
  };
  try {
    await run('git', ['worktree', 'add', '--quiet', '--detach', folder, commit]);
    const [here, there] = await Promise.all(
      ['.', folder].map((root) => readFile(join(root, 'package-lock.json'), 'utf8')),
    );
    if (here === there) await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    else await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
    await run('npm', ['run', '--silent', 'build'], { cwd: folder });
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What both builds measured under one condition, run by run in turn. */
export interface Comparison {
  scenario: string;
  /** What is compared: new and old build, or this checkout without and with a variable. */
  sides?: string;
  /** Milliseconds of Taskcluster's. */
  latency: number;
  older: Figures[];
  newer: Figures[];
}

/** Of each figure the ratio newer / older of the medians, and the least and greatest ratio of two runs side by side. */
export function renderRatiosInTurn(
  { scenario, sides = 'newer / older', latency, older, newer }: Comparison,
  ceilings: Ceilings = {},
): string {
  const [before, after] = [computeMedian(older), computeMedian(newer)];
  const names = Object.keys(after).filter((name) => name in before && (before[name] || after[name]));
  const width = Math.max(...names.map(({ length }) => length));
  const lines = names.map((name) => {
    const each = newer.map((figures, index) => figures[name]! / older[index]![name]!);
    const spread = `${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)}`;
    const values = `${before[name]!.toFixed(2)} -> ${after[name]!.toFixed(2)}`;
    const mark = markRate(scenario, name, after[name]!, ceilings);
    return `  ${name.padEnd(width)}  ${(after[name]! / before[name]!).toFixed(2)}  (${spread})  ${values}${mark}\n`;
  });
  return `${scenario}, ${latency} ms: ${sides}\n${lines.join('')}`;
}
