import { afterAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { METRICS, type MetricName } from '@bbb/rules';
import { listMetrics } from './support/promql.js';
import { itWithPromtool } from './support/promtool.js';

interface Panel {
  title: string;
  description: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string }[];
}

const FILE = resolve(fileURLToPath(new URL('../deploy/grafana/buildbot-bridge.json', import.meta.url)));
const { panels } = JSON.parse(readFileSync(FILE, 'utf8')) as { panels: Panel[] };
const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const folder = mkdtempSync(join(tmpdir(), 'bbb-dashboard-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('deploy/grafana/buildbot-bridge.json', () => {
  it.each(expressions)('asks for metrics and labels of the catalogue: %s', (expression) => {
    const uses = listMetrics(expression);
    expect(uses.length).toBeGreaterThan(0);
    for (const { metric, labels } of uses) {
      expect(Object.keys(METRICS)).toContain(metric);
      const definition = METRICS[metric as MetricName] as { labels?: readonly string[] };
      expect([...(definition.labels ?? [])]).toEqual(expect.arrayContaining(labels));
    }
  });

  it('shows every metric of the catalogue', () => {
    const shown = new Set(expressions.flatMap(listMetrics).map(({ metric }) => metric));
    expect([...shown].sort()).toEqual(Object.keys(METRICS).sort());
  });

  it('explains each panel, and lays none over another', () => {
    const cells = panels.flatMap(({ description, gridPos: { x, y, w, h } }) => {
      expect(description).toMatch(/\.$/);
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  itWithPromtool('has queries that promtool can parse', () => {
    const rules = expressions.map((expr, index) => ({
      record: `panel:${index}`,
      // Grafana puts an interval in this place.
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    const file = join(folder, 'rules.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { stdout, stderr } = spawnSync('promtool', ['check', 'rules', '--lint=none', file], {
      encoding: 'utf8',
    });
    expect(stdout + stderr).toContain(`SUCCESS: ${rules.length} rules found`);
  });
});
