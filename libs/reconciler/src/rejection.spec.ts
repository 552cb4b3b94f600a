import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ArtifactPolicy, Refused, Unavailable } from '@bbb/rules';
import { rejectionArtifact } from './acts/rejection-artifact.js';
import { DEFINITION, World } from './testing/world.js';

Logger.overrideLogger(false);

const BAD = { ...DEFINITION, payload: { buildername: 'Linux build', properties: { product: 'p', é: 1 } } };

describe('a refused task', () => {
  it('has an artifact that tells its owner why', async () => {
    const world = new World({ definition: BAD });
    await world.reconcile();
    expect(world.task.story).toEqual(['malformed-payload']);
    expect([...world.task.runs[0]!.artifacts.values()]).toEqual([
      {
        kind: 'file',
        name: 'public/bridge-rejection.txt',
        contentType: 'text/plain; charset=utf-8',
        content:
          'The Buildbot bridge has refused this task: no build was requested.\n\n' +
          '* payload.sourcestamp: is required and must be an object\n' +
          '* payload.properties.?: has a name that is not 1 to 255 printable ASCII characters\n',
      },
    ]);
    expect(world.effects.effects.filter((name) => name.startsWith('queue.'))).toEqual([
      'queue.claim',
      'queue.attach',
      'queue.report',
    ]);
  });

  it.each([
    new Unavailable('s3', 'away'),
    new Refused('taskcluster', 403, 'InsufficientScopes', 'no'),
    new TypeError('broken'),
  ])('ends although the artifact fails with $name', async (error) => {
    const world = new World({ definition: BAD });
    world.effects.faults = ({ name }) => (name === 'queue.attach' ? error : undefined);
    await world.reconcile();
    expect(world.task.story).toEqual(['malformed-payload']);
    expect(world.telemetry.counts.get('artifact_failures_total')).toBe(1);
    expect(world.buildbot.requests.size).toBe(0);
  });

  it('is not told secrets of the bridge that its owner has got hold of', async () => {
    const names = { 'our-own-secret': 'x'.repeat(2000), 'with:our-own-secret-too': '\0', guest: '\0' };
    const payload = { ...(DEFINITION.payload as object), properties: { product: 'p', ...names } };
    const world = new World({ definition: { ...DEFINITION, payload } });
    const ownSecrets = ['our-own-secret', 'our-own-secret-too', 'guest'];
    Object.assign(world.settings, { artifacts: new ArtifactPolicy({ ownSecrets }) });
    await world.reconcile();
    const [artifact] = world.task.runs[0]!.artifacts.values() as Iterable<unknown> as { content: string }[];
    expect(artifact!.content.match(/payload.properties.*(?=:)/g)).toEqual([
      'payload.properties.[secret]',
      'payload.properties.with:[secret]',
      'payload.properties.guest',
    ]);
  });

  it('is told nothing without end', () => {
    const { content } = rejectionArtifact(['x'.repeat(100_000)]) as { content: string };
    expect(content.length).toBeLessThan(10_000);
  });
});
