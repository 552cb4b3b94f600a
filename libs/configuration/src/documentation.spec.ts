import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'dotenv';
import { Folder } from '../../platform/src/testing/folder.js';
import { SERVICE_NAMES } from './configuration.js';
import { createEnvironmentExample, describeSettings } from './documentation.js';
import { loadConfiguration } from './load-configuration.js';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

describe('settingsDocumentation', () => {
  it('gives every setting its own variable and keys', () => {
    const all = describeSettings();
    const variables = all.map(({ variable }) => variable);
    const keys = all.flatMap((setting) => setting.keys);
    expect(new Set(variables).size).toBe(variables.length);
    expect(new Set(keys).size).toBe(keys.length);
    expect(variables).toEqual(
      expect.arrayContaining(['BBB_PULSE_QUEUE_BASENAME', 'TASKCLUSTER_CERTIFICATE']),
    );
    for (const { doc, default: fallback } of all)
      expect([doc, fallback]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/./)]);
  });
});

describe('.env.example', () => {
  it('agrees with the settings; BBB_UPDATE_EXAMPLES=1 writes it', () => {
    const file = `${ROOT}/.env.example`;
    if (process.env.BBB_UPDATE_EXAMPLES === '1') writeFileSync(file, createEnvironmentExample());
    expect(readFileSync(file, 'utf8')).toBe(createEnvironmentExample());
  });

  it('sets nothing until a line is uncommented, and then something readable', () => {
    expect(parse(createEnvironmentExample())).toEqual({});
    const uncommented = parse(createEnvironmentExample().replace(/^#(?=[A-Z_]+=)/gm, ''));
    expect(Object.keys(uncommented).sort()).toEqual(
      ['BBB_CONFIG', ...describeSettings().map(({ variable }) => variable)].sort(),
    );
    const { BBB_CONFIG: _none, ...environment } = uncommented;
    const secrets = { TASKCLUSTER_ACCESS_TOKEN: 'token', BBB_PULSE_PASSWORD: 'password' };
    const folder = new Folder();
    try {
      for (const service of SERVICE_NAMES) {
        const { configuration } = loadConfiguration(service, {
          environment: { ...environment, ...secrets },
          directory: folder.path,
        });
        expect(configuration.builders.restricted).toEqual(['^release-.*$']);
        expect(configuration.reflector.schedule).toEqual({ cron: '*/30 * * * * *' });
      }
    } finally {
      folder.remove();
    }
  });
});

describe('config.example.json', () => {
  it.each(SERVICE_NAMES)('is complete for %s and has no unknown key', (service) => {
    const { warnings } = loadConfiguration(service, {
      file: `${ROOT}/config.example.json`,
      environment: {},
      directory: '/nowhere',
    });
    expect(warnings.filter((warning) => !warning.includes('chmod'))).toEqual([]);
  });
});
