import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICE_NAMES } from '@bbb/configuration';
import { parse, parseAllDocuments } from 'yaml';
import { type Manifest, findSchemaProblems } from './support/kubernetes-schema.js';

interface Built extends Manifest {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec: Spec;
}

/** What is looked at here; the rest is the schemas' matter. */
interface Spec {
  replicas?: number | string;
  selector: { matchLabels: Record<string, string> };
  strategy: { rollingUpdate: object };
  template: {
    metadata: { labels: Record<string, string>; annotations?: object };
    spec: {
      volumes: object[];
      containers: { livenessProbe?: object; readinessProbe: { httpGet: { path: string } } }[];
      topologySpreadConstraints: { topologyKey: string }[];
    };
  };
  podSelector: { matchLabels: Record<string, string> };
  podMetricsEndpoints: object[];
}

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));
const FOLDER = join(ROOT, 'deploy/kubernetes');
const OVERLAYS = readdirSync(join(FOLDER, 'overlays'));
const ALL = SERVICE_NAMES.slice().sort();

function kubectl(...args: string[]) {
  return spawnSync('kubectl', args, { encoding: 'utf8', maxBuffer: 2 ** 24 });
}

/** Before its version 5 (kubectl 1.27), kustomize lacks some of the fields that the overlays use. */
function hasKustomize(): boolean {
  const { status, stdout } = kubectl('version', '--client', '--output=json');
  if (status !== 0) return false;
  const { kustomizeVersion = '' } = JSON.parse(stdout) as { kustomizeVersion?: string };
  return Number(/^v(\d+)\./.exec(kustomizeVersion)?.[1]) >= 5;
}

function build(overlay: string): Built[] {
  const { status, stdout, stderr } = kubectl('kustomize', join(FOLDER, 'overlays', overlay));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Built);
}

const ofKind = (built: readonly Built[], kind: string) => built.filter((one) => one.kind === kind);
const listNames = (built: readonly Built[]) => built.map(({ metadata }) => metadata.name).sort();

describe('the files of deploy/kubernetes', () => {
  const manifests = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml'))
    // A patch, which is whole only where it is applied.
    .filter((file) => !file.endsWith('spread.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8'), { merge: true }))
    .map((document) => document.toJS() as Built);

  it('are what the schemas of Kubernetes ask for, without unknown fields', () => {
    expect(manifests.length).toBeGreaterThan(9);
    expect(findSchemaProblems(manifests)).toEqual([]);
  }, 60_000);

  it('would not pass with a misspelt field, a wrong type or a missing part', () => {
    const reflector = () => structuredClone(manifests.find(({ metadata }) => metadata.name === 'reflector')!);
    const [misspelt, deep, mistyped, partial] = [reflector(), reflector(), reflector(), reflector()];
    Object.assign(misspelt.spec, { minReadySecond: 15 });
    Object.assign(deep.spec.template.spec.containers[0]!.livenessProbe!, { timeoutSecond: 5 });
    mistyped.spec.replicas = 'two';
    delete (partial.spec as Partial<Spec>).selector;
    expect(findSchemaProblems([misspelt, deep, mistyped, partial])).toEqual([
      expect.stringContaining('minReadySecond'),
      expect.stringContaining('timeoutSecond'),
      expect.stringMatching(/string.*number/),
      expect.stringContaining('selector'),
    ]);
  }, 60_000);
});

const withKubectl = hasKustomize() ? describe : describe.skip;
withKubectl.each(OVERLAYS)('kubectl kustomize overlays/%s', (overlay) => {
  it('builds what the schemas of Kubernetes ask for, all in one namespace', () => {
    const built = build(overlay);
    expect(findSchemaProblems(built)).toEqual([]);
    expect(listNames(ofKind(built, 'Deployment'))).toEqual(ALL);
    expect(ofKind(built, 'Secret')).toEqual([]);
    const spaces = built.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace);
    expect(new Set(spaces)).toEqual(new Set(['buildbot-bridge']));
  }, 60_000);

  it('mounts the configuration under the name that carries its hash', () => {
    const built = build(overlay);
    const [configuration] = listNames(ofKind(built, 'ConfigMap'));
    expect(configuration).toMatch(/^buildbot-bridge-\w{10}$/);
    for (const { spec } of ofKind(built, 'Deployment'))
      expect(spec.template.spec.volumes).toContainEqual({
        name: 'config',
        configMap: { name: configuration },
      });
  }, 60_000);

  it('replaces instances one by one without waiting for Pulse', () => {
    for (const { spec } of ofKind(build(overlay), 'Deployment')) {
      expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      expect(spec.template.spec.containers[0]!.readinessProbe.httpGet.path).toBe('/health/live');
    }
  }, 60_000);
});

withKubectl('the overlay with several replicas', () => {
  it('spreads each service, drains one instance at a time, and scrapes each once', () => {
    const built = build('replicated');
    const deployments = ofKind(built, 'Deployment');
    for (const { spec } of deployments) {
      expect(spec.replicas).toBe(2);
      expect(spec.template.metadata.annotations).toBeUndefined();
      const keys = spec.template.spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
      expect(keys).toEqual(['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);
    }
    const budgets = ofKind(built, 'PodDisruptionBudget');
    expect(budgets.map(({ spec }) => spec.selector)).toEqual(deployments.map(({ spec }) => spec.selector));
    for (const { spec } of budgets)
      expect(spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    const [monitor] = ofKind(built, 'PodMonitor');
    const [policy] = ofKind(built, 'NetworkPolicy');
    for (const { spec } of deployments) {
      const { labels } = spec.template.metadata;
      expect(labels).toMatchObject(monitor!.spec.selector.matchLabels);
      expect(labels).toMatchObject(policy!.spec.podSelector.matchLabels);
    }
    expect(monitor!.spec.podMetricsEndpoints[0]).toMatchObject({ port: 'http', path: '/metrics' });
  }, 60_000);

  it('has one instance of each service in the other overlay', () => {
    for (const { spec } of ofKind(build('single'), 'Deployment')) expect(spec.replicas).toBe(1);
    const { resources } = parse(readFileSync(join(FOLDER, 'overlays/single/kustomization.yaml'), 'utf8'));
    expect(resources).toEqual(['../../base']);
  }, 60_000);
});
