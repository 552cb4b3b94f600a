import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPILATION_LIMIT, compileProject, ROOT } from './support/project.js';

function countPackages(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/count-packages.js'), ...args],
    {
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

interface BillOfMaterials {
  components: { name: string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bbb-test-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lockfile = (packages: object) => {
  const file = join(folder, 'package-lock.json');
  writeFileSync(file, JSON.stringify({ packages: { '': { name: 'x' }, ...packages } }));
  return file;
};

describe('the packages of production', () => {
  it('are counted; none runs a script at installation, each has a checksum', () => {
    expect(countPackages()).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^\d+ production packages, \d+ of them optional/),
      stderr: '',
    });
  });

  it('may not run scripts at installation, wherever they lie; those for development and drivers may', () => {
    const script = { version: '1.0.0', integrity: 'x', hasInstallScript: true };
    const file = lockfile({
      'node_modules/a/node_modules/@s/b': script,
      'node_modules/c': { ...script, dev: true },
      'node_modules/libsql': script,
    });
    expect(countPackages(file)).toMatchObject({
      status: 1,
      stderr: 'with a script at installation: @s/b@1.0.0\n',
    });
  });

  it('are all in the bill of materials, and those for development are not', () => {
    const { status, stdout } = spawnSync('npm', ['run', '--silent', 'sbom'], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(status).toBe(0);
    const bill = JSON.parse(stdout) as BillOfMaterials;
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'buildbot-bridge' } },
    });
    const names = bill.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(names).not.toContain('jest');
    // Two copies of the same version are one entry of the bill.
    const counted = Number(/^\d+/.exec(countPackages().stdout)![0]);
    expect(counted - names.length).toBeGreaterThanOrEqual(0);
    expect(counted - names.length).toBeLessThan(5);
    const references = new Set(bill.dependencies.map(({ ref }) => ref));
    expect(
      bill.dependencies.flatMap(({ dependsOn }) => dependsOn.filter((ref) => !references.has(ref))),
    ).toEqual([]);
  });

  it(
    'are asked for by the bridge itself where its bundled files load them: others are not beside it everywhere',
    async () => {
      const dist = join(await compileProject(), 'dist');
      const loaded = ['apps', 'libs/commands']
        .flatMap((folder) =>
          readdirSync(join(dist, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
            join(folder, file),
          ),
        )
        .filter((file) => file.endsWith('.js'))
        .flatMap((file) => [
          ...readFileSync(join(dist, file), 'utf8').matchAll(
            /(?:require\(|import\(|import|from)"((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[^"]*)?"/g,
          ),
        ])
        .map(([, name]) => name!)
        .filter((name) => !isBuiltin(name) && existsSync(join(ROOT, 'node_modules', name)));
      expect(loaded).toContain('iconv-lite');
      expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(loaded));
    },
    COMPILATION_LIMIT,
  );

  it('may not be without a checksum', () => {
    const file = lockfile({ 'node_modules/a': { version: '1.0.0' } });
    expect(countPackages(file)).toMatchObject({ status: 1, stderr: expect.stringContaining('a@1.0.0') });
  });
});

describe('a bundle', () => {
  it(
    'has the notices of the packages that are in it along',
    async () => {
      const file = join(await compileProject(), 'dist', 'apps', 'THIRD-PARTY-NOTICES.txt');
      const notices = readFileSync(file, 'utf8');
      expect(notices).toMatch(/^@nestjs\/core \d\S+ \(MIT\)\n\n[^]*?Permission is hereby granted/m);
      expect(notices).toMatch(/^busboy \d\S+ \(MIT\)$/m);
      expect(notices).not.toContain('undefined)');
      expect(notices).not.toMatch(/^(iconv-lite|jest) /m);
      expect(notices).not.toContain(ROOT);
    },
    COMPILATION_LIMIT,
  );

  it(
    'holds the commands too: one is loaded from a few files, and not from two thousand',
    async () => {
      const command = join(await compileProject(), 'bin', 'buildbot-bridge.js');
      const coverage = join(folder, 'coverage');
      const { status, stderr } = spawnSync(process.execPath, [command, 'tasks', '--help'], {
        encoding: 'utf8',
        env: { ...process.env, NODE_V8_COVERAGE: coverage },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const [report] = readdirSync(coverage);
      const { result } = JSON.parse(readFileSync(join(coverage, report!), 'utf8')) as {
        result: { url: string }[];
      };
      const files = result.filter(({ url }) => url.startsWith('file:'));
      expect(files.length).toBeGreaterThan(2);
      expect(files.length).toBeLessThan(100);
    },
    COMPILATION_LIMIT,
  );

  it('is not made twice of the same files', () => {
    mkdirSync(join(folder, 'dist', 'apps', 'chunks'), { recursive: true });
    const bundled = spawnSync(process.execPath, [join(ROOT, 'scripts/bundle.js')], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(bundled).toMatchObject({
      status: 1,
      stderr: 'dist/apps is bundled already; npm run build begins with an empty dist\n',
    });
  });
});
