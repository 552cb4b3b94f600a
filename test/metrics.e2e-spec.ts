import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { METRICS, type MetricName } from '@bbb/rules';
import { type MetricDefinition, Metrics } from '@bbb/platform';
import { itWithPromtool } from './support/promtool.js';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const catalogue = Object.entries(METRICS) as [MetricName, MetricDefinition][];

/** All metrics of the catalogue after their first use. */
async function exposeAll(): Promise<string> {
  const metrics = new Metrics().define(METRICS);
  for (const [name, { type, labels = [] }] of catalogue) {
    const given = Object.fromEntries(labels.map((label) => [label, 'x']));
    if (type === 'counter') metrics.count(name, given);
    else if (type === 'gauge') metrics.set(name, 1, given);
    else metrics.observe(name, 1, given);
  }
  return metrics.renderText();
}

describe('the catalogue of metrics', () => {
  it('is the table in docs/operations.md', () => {
    const page = readFileSync(`${ROOT}/docs/operations.md`, 'utf8');
    const rows = [...page.matchAll(/^\| `(bbb_\S+)` +\| (counter|gauge|histogram) +\| (.*?) +\|$/gm)];
    expect(rows.map(([, name, type, help]) => ({ name, type, help }))).toEqual(
      catalogue.map(([name, { type, labels, help }]) => ({
        name: `bbb_${name}${labels ? `{${labels.join(',')}}` : ''}`,
        type,
        help,
      })),
    );
  });

  it('explains each metric in a sentence, with seconds as the unit of time', () => {
    for (const [name, { type, help }] of catalogue) {
      expect(help).toMatch(/^[A-Z1].*\.$/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  itWithPromtool('has nothing that promtool finds fault with', async () => {
    const input = await exposeAll();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });
});
