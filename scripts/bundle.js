// Puts the services and the commands, compiled before, and the packages that they use into a few files, in place of their
// main.js and index.js: a process reads some files instead of two thousand, and is ready in half the time. `nest start`
// does without.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { ABSENT } from './absent-packages.js';
import { thirdPartyNotices } from './third-party-notices.js';

/** A native library, and tables of half a megabyte that nothing reads. package.json lists them, as they are loaded from here. */
const LEFT_OUT = ['libsql', 'iconv-lite'];

if (existsSync('dist/apps/chunks')) {
  // What is bundled already cannot be bundled again.
  console.error('dist/apps is bundled already; npm run build begins with an empty dist');
  process.exit(1);
}

/**
 * Nest's own loggers make a formatter of times when they are loaded, which takes 9 MB and 15 ms of each process. It is made
 * when it is first used, which is never: the bridge has a logger of its own.
 */
const lateFormatters = {
  name: 'late-formatters',
  setup(bundler) {
    const loggers = /@nestjs[\\/]common[\\/]services[\\/](?:console-)?logger\.service\.js$/;
    bundler.onLoad({ filter: loggers }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(
        /^const dateTimeFormatter = (new Intl\.DateTimeFormat\([^;]*\));$/m,
        'let formatter; const dateTimeFormatter = { format: (time) => (formatter ??= $1).format(time) };',
      );
      if (contents === text) throw new Error(`${path}: has another formatter by now`);
      return { contents };
    });
  },
};

/** Puts programs into one set of files each; `chunks` names the folder of what they share. */
async function bundle(files, chunks) {
  const { metafile } = await build({
    entryPoints: files.map((file) => `dist/${file}.js`),
    outbase: 'dist',
    outdir: 'dist',
    allowOverwrite: true,
    chunkNames: `${chunks}/[hash]`,
    bundle: true,
    splitting: true,
    plugins: [lateFormatters],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...ABSENT, ...LEFT_OUT],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    // Of classes, which Nest and the logs tell.
    keepNames: true,
    // V8 keeps the text of what it runs: blanks alone would be ten megabytes in every process.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'linked',
    logLevel: 'warning',
    metafile: true,
  });
  return metafile.outputs;
}

const services = await bundle(
  ['apps/tc-listener', 'apps/bb-listener', 'apps/reflector', 'all-in-one'].map(
    (folder) => `${folder}/src/main`,
  ),
  'apps/chunks',
);
// Apart from the services, so that their files stay as few as they are.
const commands = await bundle(['libs/commands/src/index'], 'libs/commands/chunks');

const outputs = { ...services, ...commands };
writeFileSync('dist/apps/THIRD-PARTY-NOTICES.txt', thirdPartyNotices({ outputs }));
