import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** What the compiled files are made of. */
const SOURCES = [
  'all-in-one',
  'apps',
  'bench',
  'libs',
  'sandbox',
  'test/chaos',
  'test/support/command-line.ts',
  'test/support/real-buildbot/master-rest.ts',
  'test/support/doubles',
  'test/support/global-setup.ts',
  'test/support/own-mariadb.ts',
  'test/support/own-postgres.ts',
  'bin',
  'nest-cli.json',
  'scripts/bundle.js',
  'scripts/third-party-notices.js',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

const NOT_COMPILED = /\.(e2e-)?spec\.ts$|(^|\/)testing$/;

const NOT_COPIED = new Set(['node_modules', 'dist', 'coverage', '.git', '.env']);

const PREFIX = `buildbot-bridge-compiled-${process.getuid?.() ?? 0}-`;

/** Milliseconds for a hook that may have to compile: 30 s on a quiet machine, and others may compile before it. */
export const COMPILATION_LIMIT = 300_000;

/** Milliseconds after which an older state's folder is removed. */
const LIFETIME = 3_600_000;

/**
 * The project, compiled as `npm run build` compiles it, in a folder that nobody else cleans or rewrites. It is compiled
 * when it is first asked for and whenever its sources have changed, once for all test files of one checkout, whose
 * dependencies it uses. A test file stays with the state that it began with.
 *
 * @returns the folder that holds `bin`, `dist` and `package.json`
 */
export function compileProject(): Promise<string> {
  return (compiling ??= compiled());
}

let compiling: Promise<string> | undefined;

async function compiled(): Promise<string> {
  const target = join(tmpdir(), PREFIX + (await stateOf(ROOT, SOURCES)));
  const lock = `${target}.pid`;
  while (!existsSync(target)) {
    if (await isMine(lock)) {
      try {
        if (!existsSync(target)) await compileTo(target);
      } finally {
        await rm(lock, { force: true });
      }
    } else await sleep(200);
  }
  return target;
}

/** A copy of the project as a clone has it, with the dependencies installed; whoever takes it removes it. */
export async function copyOfProject(folder?: string): Promise<string> {
  const copy = folder ?? (await mkdtemp(join(tmpdir(), 'buildbot-bridge-copy-')));
  await cp(ROOT, copy, {
    recursive: true,
    filter: (source) => !NOT_COPIED.has(relative(ROOT, source)) && !source.endsWith('.tgz'),
  });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function compileTo(target: string): Promise<void> {
  await removeOldStates();
  const copy = await copyOfProject(await mkdtemp(`${target}.`));
  try {
    await compileIn(copy);
    await rename(copy, target);
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw error;
  }
}

async function compileIn(copy: string): Promise<void> {
  const nest = join(ROOT, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  try {
    for (const step of [[nest, 'build', 'workspace'], ['scripts/bundle.js']])
      await promisify(execFile)(process.execPath, step, { cwd: copy });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`the project cannot be compiled\n${stdout}${stderr}`, { cause: error });
  }
}

/** The commit of an earlier version, whose dependencies today's include. */
const EARLIER = readFileSync(join(ROOT, 'test', 'fixtures', 'earlier-version'), 'utf8').trim();

/** Whether this checkout has the history of the project; a shallow clone has not. */
export function hasEarlierVersion(): boolean {
  return spawnSync('git', ['cat-file', '-e', `${EARLIER}^{commit}`], { cwd: ROOT }).status === 0;
}

/** An earlier version, compiled as {@link compileProject} compiles this one; the caller removes the folder. */
export async function compileEarlierVersion(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'buildbot-bridge-earlier-'));
  const archive = join(folder, 'sources.tar');
  await promisify(execFile)('git', ['archive', '--output', archive, EARLIER], { cwd: ROOT });
  await promisify(execFile)('tar', ['-xf', archive], { cwd: folder });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await compileIn(folder);
  return folder;
}

/** Whether this process is the one that compiles; the lock of one that has died is taken away. */
async function isMine(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) await rm(lock, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function removeOldStates(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(tmpdir(), name);
    const made = await stat(folder).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > LIFETIME) await rm(folder, { recursive: true, force: true });
  }
}

/** What a compiled copy was made of, and whose dependencies it borrows: another checkout may be gone tomorrow. */
export async function stateOf(root: string, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`${root}\0`);
  for (const path of paths) await addTo(hash, root, join(root, path));
  return hash.digest('hex').slice(0, 16);
}

async function addTo(hash: ReturnType<typeof createHash>, root: string, path: string): Promise<void> {
  if (NOT_COMPILED.test(basename(path))) return;
  if (!(await stat(path)).isDirectory()) {
    hash.update(`${relative(root, path)}\0`).update(await readFile(path));
    return;
  }
  for (const name of (await readdir(path)).sort()) await addTo(hash, root, join(path, name));
}
