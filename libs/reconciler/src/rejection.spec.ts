import { describe, expect, it } from '@jest/globals';
import { ArtifactPolicy, Refused, Unavailable, UnfitValue } from '@bbb/rules';
import { createRejectionArtifact } from './acts/rejection-artifact.js';
import { PAYLOAD, ReconcilerHarness } from './testing/reconciler-harness.js';

const BAD = { buildername: 'Linux build', properties: { product: 'p', é: 1 } };

describe('a rejected task', () => {
  it('has an artifact with the reasons', async () => {
    const harness = new ReconcilerHarness({ payload: BAD });
    await harness.reconcile();
    expect(harness.story).toEqual(['malformed-payload']);
    expect(harness.artifacts(0)).toEqual([
      {
        kind: 'file',
        name: 'public/bridge-rejection.txt',
        contentType: 'text/plain; charset=utf-8',
        content:
          'The Buildbot bridge has rejected this task: no build request was created.\n\n' +
          '* payload.sourcestamp: is required and must be an object\n' +
          '* payload.properties.?: has a name that is not 1 to 255 printable ASCII characters\n',
      },
    ]);
    expect(harness.effects).toEqual([
      'track',
      'claim',
      'change',
      'attach',
      'report-malformed-payload',
      'forget',
    ]);
  });

  it.each([
    new Unavailable('s3', 'away'),
    new Refused('taskcluster', 403, 'InsufficientScopes', 'no'),
    new TypeError('broken'),
  ])('ends although the artifact fails with $name', async (error) => {
    const harness = new ReconcilerHarness({ payload: BAD });
    harness.failAlways('attach', error);
    await harness.reconcile();
    expect(harness.story).toEqual(['malformed-payload']);
    expect(harness.telemetry.counts.get('artifact_failures_total')).toBe(1);
    expect(harness.farm.requests.size).toBe(0);
  });

  it('is one with a value that the scheduler database cannot hold', async () => {
    const harness = new ReconcilerHarness();
    harness.failAlways('insert', new UnfitValue('the scheduler database rejects a value (ER_X)'));
    await harness.reconcile();
    expect(harness.story).toEqual(['malformed-payload']);
    expect(harness.artifacts(0)).toMatchObject([
      { content: expect.stringContaining('* payload: the scheduler database rejects a value (ER_X)') },
    ]);
    expect(harness.rows.size).toBe(0);
  });

  it('has no secrets of the bridge in its artifact, even when its payload contains them', async () => {
    const names = { 'our-own-secret': 'x'.repeat(2000), 'with:our-own-secret-too': '\0', guest: '\0' };
    const payload = { ...PAYLOAD, properties: { product: 'p', ...names } };
    const harness = new ReconcilerHarness({ payload });
    const ownSecrets = ['our-own-secret', 'our-own-secret-too', 'guest'];
    Object.assign(harness.settings, { artifacts: new ArtifactPolicy({ ownSecrets }) });
    await harness.reconcile();
    const [artifact] = harness.artifacts(0) as { content: string }[];
    expect(artifact!.content.match(/payload.properties.*(?=:)/g)).toEqual([
      'payload.properties.[secret]',
      'payload.properties.with:[secret]',
      'payload.properties.guest',
    ]);
  });

  it('has an artifact of limited length', () => {
    const { content } = createRejectionArtifact(['x'.repeat(100_000)]) as { content: string };
    expect(content.length).toBeLessThan(10_000);
  });
});
