import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ABSENT } from '../../scripts/absent-packages.js';

/** Packages of many files, and those that are to have one copy of them in common. */
const PACKAGES = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/microservices',
  '@nestjs/platform-express/adapters/express-adapter.js',
  '@nestjs/schedule',
  '@nestjs/terminus',
  '@nestjs/testing',
  'cron',
  'fast-check',
  'hawk',
  'pino',
  'prom-client',
  'rxjs',
  'taskcluster-client',
  'typeorm',
  'undici',
  'undici/lib/dispatcher/agent.js',
  'zod',
];

/** What typeorm loads by a name that it makes up, as tests do: one copy for both. And what has to be loaded first. */
const NOT_BUNDLED = ['libsql', 'mysql2', 'pg', 'reflect-metadata'];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'buildbot-bridge');

/**
 * Bundles packages for Jest, which loads them anew for each test file: a few large files in place of two thousand. They
 * are bundled once for each state of the dependencies.
 *
 * @returns patterns of names and the files that take their places, as Jest's `moduleNameMapper`
 */
export async function bundlePackages() {
  const state = createHash('sha256');
  for (const file of ['package-lock.json', 'scripts/absent-packages.js', 'test/support/bundle-packages.js'])
    state.update(readFileSync(join(ROOT, file)));
  const folder = join(CACHE, `${process.version}-${state.digest('hex').slice(0, 16)}`);
  if (!existsSync(folder)) await bundleTo(folder);
  return Object.fromEntries(
    PACKAGES.map((name) => [`^${name.replaceAll('.', '\\.')}$`, join(folder, `${fileOf(name)}.mjs`)]),
  );
}

async function bundleTo(folder) {
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(`${folder}.`);
  const entries = join(draft, 'entries');
  mkdirSync(entries);
  for (const name of PACKAGES) writeFileSync(join(entries, `${fileOf(name)}.mjs`), await exportAll(name));
  await build({
    entryPoints: PACKAGES.map((name) => join(entries, `${fileOf(name)}.mjs`)),
    outdir: draft,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...ABSENT, ...NOT_BUNDLED],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    // Of classes, which Nest and the logs tell.
    keepNames: true,
    // Jest reads and compiles all of it for each test file.
    ...{ minifySyntax: true, minifyWhitespace: true, legalComments: 'none' },
    logLevel: 'warning',
  });
  if (existsSync(folder)) rmSync(draft, { recursive: true });
  else renameSync(draft, folder);
}

/** All that can be imported by name, for of a CommonJS package esbuild would export its default alone. */
async function exportAll(name) {
  const names = Object.keys(await import(name)).filter((one) => /^(?!__esModule$)[\w$]+$/.test(one));
  return `export { ${names.join(', ')} } from '${name}';\n`;
}

const fileOf = (name) => name.replaceAll('/', '+').replace(/\.js$/, '');
