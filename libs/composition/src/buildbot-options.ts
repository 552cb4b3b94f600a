import type { BuildbotOptions } from '@bbb/buildbot';
import { type Configuration, nameMasters } from '@bbb/configuration';

/** The part of the configuration that the configured kind of Buildbot needs. */
export function createBuildbotOptions({ buildbot, ...configuration }: Configuration): BuildbotOptions {
  const { kind, masters, ...options } = buildbot;
  return {
    ...configuration,
    buildbot:
      kind === 'modern'
        ? {
            kind,
            ...options,
            stepLogBytes: configuration.artifacts.stepLogBytes,
            masters: nameMasters(masters),
          }
        : { kind },
  };
}
