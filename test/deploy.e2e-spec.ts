import { afterAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadConfiguration, SERVICE_NAMES, describeSettings, type ServiceName } from '@bbb/configuration';
import { EXIT_CONFIGURATION } from '@bbb/platform';
import { parse } from 'yaml';

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));
/** Options of Node.js for a small heap; containers have a limit on memory, by which V8 collects soon enough. */
const FRUGAL = ['--max-semi-space-size=8', '--heap-growing-percent=100'];
const NODE = `/usr/bin/env node ${FRUGAL.join(' ')}`;
const SECRETS_FOLDER = '/run/secrets/buildbot-bridge/';
const ORIGINAL_NAMES: Record<ServiceName, string> = {
  'tc-listener': 'tclistener',
  'bb-listener': 'bblistener',
  reflector: 'reflector',
};

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const manifest = (file: string) => parse(text(`deploy/kubernetes/base/${file}`), { merge: true });
const folder = mkdtempSync(join(tmpdir(), 'bbb-deploy-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every variable that the bridge reads. */
const VARIABLES = new Set([
  'BBB_CONFIG',
  ...describeSettings().flatMap(({ variable, secret }) =>
    secret ? [variable, `${variable}_FILE`] : [variable],
  ),
]);

/** What a service has without any setting of its own; the example supplies what it cannot do without. */
function readDefaults(service: ServiceName) {
  const file = join(ROOT, 'config.example.json');
  return loadConfiguration(service, { file, environment: {}, directory: folder }).configuration;
}

describe('deploy/kubernetes', () => {
  const kustomization = manifest('kustomization.yaml');
  const secret = manifest('../secret.example.yaml');

  it('has a Deployment for each service, a migration Job and a ConfigMap', () => {
    expect(kustomization.resources).toEqual(
      expect.arrayContaining(['migration.yaml', ...SERVICE_NAMES.map((service) => `${service}.yaml`)]),
    );
    expect(kustomization.configMapGenerator).toEqual([{ name: 'buildbot-bridge', files: ['config.json'] }]);
  });

  it('never applies example credentials', () => {
    expect(kustomization.resources).not.toContain('secret.example.yaml');
  });

  it.each([...SERVICE_NAMES.map((service) => `${service}.yaml`), 'migration.yaml'])(
    '%s gives its process no rights that it does not need',
    (file) => {
      const pod = manifest(file).spec.template.spec;
      const [container, ...others] = pod.containers;
      expect(others).toEqual([]);
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources).toMatchObject({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
      expect(pod.volumes).toContainEqual({ name: 'tmp', emptyDir: expect.any(Object) });
      expect(container.volumeMounts).toContainEqual({ name: 'tmp', mountPath: '/tmp' });
      expect(container.image).toBe(kustomization.images[0].name);
      for (const { name, value } of container.env as { name: string; value: string }[]) {
        expect(VARIABLES).toContain(name);
        if (name.endsWith('_FILE'))
          expect(Object.keys(secret.stringData)).toContain(value.replace(SECRETS_FOLDER, ''));
      }
    },
  );

  describe.each(SERVICE_NAMES)('%s', (service) => {
    const pod = manifest(`${service}.yaml`).spec.template.spec;
    const [container] = pod.containers;

    it('starts its service', () => {
      expect(container.command).toEqual(['node', `dist/apps/${service}/src/main.js`]);
      expect(existsSync(join(ROOT, `apps/${service}/src/main.ts`))).toBe(true);
    });

    it('is complete with the ConfigMap and the Secret', () => {
      const { secret: mounted } = pod.volumes.find(({ name }: { name: string }) => name === 'secrets');
      // Octal, as Kubernetes reads its manifests.
      const modeOfSecrets = parseInt(String(mounted.defaultMode), 8);
      for (const [key, value] of Object.entries<string>(secret.stringData))
        writeFileSync(join(folder, key), value, { mode: modeOfSecrets });
      const environment = Object.fromEntries(
        (container.env as { name: string; value: string }[]).map(({ name, value }) => [
          name,
          value
            .replace(SECRETS_FOLDER, `${folder}/`)
            .replace('/etc/buildbot-bridge', join(ROOT, 'deploy/kubernetes/base')),
        ]),
      );
      const { configuration, warnings } = loadConfiguration(service, { environment, directory: folder });
      expect(warnings).toEqual([]);
      expect(configuration.http.host).toBe('0.0.0.0');
      expect(configuration.log.file).toBeUndefined();
      expect(container.ports).toEqual([{ name: 'http', containerPort: configuration.http.port }]);
      expect(configuration.http.port).toBe(readDefaults(service).http.port);
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(configuration.shutdown.grace);
    });

    // Readiness gates rollouts and evictions only; /health/ready would hold them up while Pulse is unavailable.
    it('is probed where an unavailable system is no failure, with more patience than a check has', () => {
      const { startupProbe, livenessProbe, readinessProbe } = container;
      const live = { httpGet: { path: '/health/live', port: 'http' }, timeoutSeconds: 5 };
      expect(startupProbe).toMatchObject(live);
      expect(livenessProbe).toMatchObject(live);
      expect(readinessProbe).toMatchObject(live);
      expect(manifest(`${service}.yaml`).spec.minReadySeconds).toBeGreaterThanOrEqual(10);
    });
  });

  it('migrates with the command of the package', () => {
    const { containers, restartPolicy } = manifest('migration.yaml').spec.template.spec;
    expect(containers[0].command).toEqual(['node', 'bin/buildbot-bridge.js', 'migrate']);
    expect(restartPolicy).toBe('Never');
  });
});

describe('deploy/compose', () => {
  const { services } = parse(text('deploy/compose/compose.yaml'), { merge: true });
  const example = Object.fromEntries(
    text('deploy/compose/env.example')
      .split('\n')
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => line.split(/=(.*)/s) as [string, string])
      .map(([name, value]) => [name, value || 'filled-in']),
  );
  const filledIn = (value: string) =>
    value.replace(
      /\$\{(\w+)(?::-([^}]*)|:\?[^}]*)\}/g,
      (_, name: string, otherwise?: string) => example[name] ?? otherwise ?? `no value for ${name}`,
    );

  it.each(SERVICE_NAMES)('gives %s a complete configuration', (service) => {
    const { command, environment, stop_grace_period: grace, ports } = services[service];
    const values = Object.entries<string>(environment).map(([name, value]) => [name, filledIn(value)]);
    const { configuration, warnings } = loadConfiguration(service, {
      environment: Object.fromEntries(values) as Record<string, string>,
      directory: folder,
    });
    const builderNames = expect.stringContaining('builders_url');
    // Broker, database and services are alone on a network of their own.
    const plainPulse = expect.stringMatching(/^INSECURE: .*Pulse/);
    const plainDatabase = expect.stringMatching(/^INSECURE: .*bbb_db/);
    expect(warnings).toEqual([
      ...(service === 'bb-listener' ? [] : [builderNames]),
      ...(service === 'reflector' ? [] : [plainPulse]),
      plainDatabase,
    ]);
    expect(JSON.stringify(configuration)).not.toContain('no value for');
    expect(command).toEqual(['node', `dist/apps/${service}/src/main.js`]);
    expect(parseInt(grace, 10)).toBeGreaterThan(configuration.shutdown.grace);
    expect(ports[0]).toMatch(new RegExp(`:${configuration.http.port}$`));
  });

  it('migrates before the services start', () => {
    expect(services.migrate.command).toEqual(['node', 'bin/buildbot-bridge.js', 'migrate']);
    for (const service of SERVICE_NAMES)
      expect(services[service].depends_on.migrate).toEqual({ condition: 'service_completed_successfully' });
  });
});

describe('deploy/supervisord', () => {
  const sections = text('deploy/supervisord/buildbot-bridge.conf')
    .split(/^\[program:/m)
    .slice(1);
  const programs = sections.map((section) => {
    const [name, ...lines] = section.split('\n');
    const settings = lines.flatMap((line) => (/^[^;=]+=/.test(line) ? [line.split(/=(.*)/s)] : []));
    return { name: name!.replace(']', ''), settings: Object.fromEntries(settings) };
  });

  it('names the programs as the restart loop does', () => {
    const names = SERVICE_NAMES.map((service) => `buildbot_bridge_${ORIGINAL_NAMES[service]}`);
    expect(programs.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it.each(SERVICE_NAMES)('starts, stops and restarts %s', (service) => {
    const name = `buildbot_bridge_${ORIGINAL_NAMES[service]}`;
    const settings = programs.find((program) => program.name === name)!.settings;
    const [command] = Object.keys(JSON.parse(text('package.json')).bin);
    const home = '%(ENV_BUILDBOT_BRIDGE_HOME)s';
    expect(settings).toMatchObject({
      command: `${NODE} ${home}/node_modules/.bin/${command} -c config.json ${ORIGINAL_NAMES[service]}`,
      directory: home,
      autorestart: 'unexpected',
      exitcodes: `64,${EXIT_CONFIGURATION}`,
      startretries: '3',
      stopsignal: 'TERM',
    });
    // An early end must count as one: with 0, a service that ends at once is shown as running.
    expect(Number(settings.startsecs)).toBeGreaterThanOrEqual(5);
    expect(Number(settings.stopwaitsecs)).toBeGreaterThan(readDefaults(service).shutdown.grace);
  });
});

describe('deploy/systemd', () => {
  it('gives up only where starting again would not help, and waits for a stop', () => {
    const unit = text('deploy/systemd/buildbot-bridge@.service');
    expect(unit).toMatch(
      /^ExecStart=\/usr\/bin\/env node [^/]* \/\S+\/node_modules\/\.bin\/buildbot-bridge -c config\.json %i$/m,
    );
    expect(unit).toMatch(/^Restart=always$/m);
    expect(unit).toMatch(new RegExp(`^RestartPreventExitStatus=64 ${EXIT_CONFIGURATION}$`, 'm'));
    const patience = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
    expect(patience).toBeGreaterThan(readDefaults('reflector').shutdown.grace);
  });
});

describe('Dockerfile', () => {
  const [, , final] = text('Dockerfile').split(/^FROM /m);

  it('ends in an image without root and without what only building needs', () => {
    expect(final).toMatch(/^USER node$/m);
    expect(text('Dockerfile')).toContain('npm prune --omit=dev');
    const copied = [...final!.matchAll(/^COPY --from=build (.+) \S+$/gm)].flatMap(([, from]) =>
      from!.split(' '),
    );
    expect(copied.sort()).toEqual(
      [
        'LICENSE',
        'bin',
        'dist/all-in-one',
        'dist/apps',
        'dist/libs/commands',
        'node_modules',
        'package.json',
      ].map((name) => `/app/${name}`),
    );
  });

  it('is given everything that the build reads', () => {
    const given = text('.dockerignore').split('\n');
    const { include } = JSON.parse(text('tsconfig.build.json')) as { include: string[] };
    const needed = [
      ...include,
      'bin',
      'scripts',
      'LICENSE',
      'nest-cli.json',
      'package-lock.json',
      'package.json',
    ];
    expect(given).toEqual(
      expect.arrayContaining([...needed, 'tsconfig.json', 'tsconfig.build.json'].map((name) => `!${name}`)),
    );
  });

  it('is given everything that compiled files import', () => {
    const given = text('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => `${line.slice(1)}/`);
    const { include } = JSON.parse(text('tsconfig.build.json')) as { include: string[] };
    const compiled = include
      .flatMap((folder) => listFilesBelow(folder))
      .filter((file) => /(?<!\.(?:e2e-)?spec)\.ts$/.test(file) && !file.includes('/testing/'));
    const imported = compiled.flatMap((file) =>
      [...text(file).matchAll(/\bfrom '(\.{1,2}\/[^']+)'/g)].map(([, path]) => join(dirname(file), path!)),
    );
    expect(imported.length).toBeGreaterThan(100);
    expect(imported.filter((file) => !given.some((place) => file.startsWith(place)))).toEqual([]);
  });
});

describe('memory', () => {
  it.each([
    ['deploy/supervisord/buildbot-bridge.conf', 'command'],
    ['deploy/systemd/buildbot-bridge@.service', 'ExecStart'],
  ])('is saved by the options in %s, and not spent on source maps', (file, key) => {
    const lines = text(file).match(new RegExp(`^${key}=.*`, 'gm'))!;
    expect(
      lines.filter((line) => !line.startsWith(`${key}=${NODE} /`) && !line.startsWith(`${key}=${NODE} %`)),
    ).toEqual([]);
    expect(text(file)).not.toContain('NODE_OPTIONS');
    expect(text(file).match(/^environment.*\bNODE_COMPILE_CACHE=/gim)).toHaveLength(lines.length);
  });

  it('is saved in the image by the option that Node.js takes from its environment', () => {
    expect(text('Dockerfile').match(/\bNODE_OPTIONS=(.*)/)![1]).toBe(FRUGAL[0]);
  });

  it('is saved by options that this Node.js has', async () => {
    await promisify(execFile)(process.execPath, [...FRUGAL, '--eval', '0']);
  });

  it.each([...SERVICE_NAMES.map((service) => `${service}.yaml`), 'migration.yaml'])(
    'is limited in %s to no less than a service may need',
    (file) => {
      const [container] = manifest(file).spec.template.spec.containers;
      const [, mebibytes] = /^(\d+)Mi$/.exec(container.resources.limits.memory) ?? [];
      expect(Number(mebibytes)).toBeGreaterThanOrEqual(256);
    },
  );
});

function listFilesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFilesBelow(path) : [path];
  });
}
