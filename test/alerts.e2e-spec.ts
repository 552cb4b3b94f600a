import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '@bbb/commands';
import { describeSettings } from '@bbb/configuration';
import { METRICS, type MetricName } from '@bbb/rules';
import { parse } from 'yaml';
import { listMetrics } from './support/promql.js';
import { itWithPromtool } from './support/promtool.js';

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}

interface RuleTest {
  name: string;
  alert_rule_test: { alertname: string; exp_alerts: { exp_labels: Record<string, string> }[] }[];
}

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));
const RULES = 'deploy/prometheus/buildbot-bridge.rules.yaml';
const RULE_TESTS = 'deploy/prometheus/buildbot-bridge.rules.test.yaml';
const RUNBOOKS = 'docs/runbooks';

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const { groups } = parse(text(RULES)) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const names = alerts.map(({ alert }) => alert).sort();
const { tests: ruleTests } = parse(text(RULE_TESTS)) as { tests: RuleTest[] };
const runbooks = readdirSync(join(ROOT, RUNBOOKS)).map((file) => `${RUNBOOKS}/${file}`);

describe(RULES, () => {
  it('has no name twice', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(alerts.map((alert) => [alert.alert, alert] as const))(
    '%s asks for metrics and labels of the catalogue, and leads to its runbook',
    (name, { expr, labels, annotations }) => {
      const metrics = listMetrics(expr);
      expect(metrics.length).toBeGreaterThan(0);
      for (const { metric, labels: asked } of metrics) {
        const known = METRICS[metric as MetricName] as { labels?: readonly string[] } | undefined;
        expect({ metric, isKnown: known !== undefined }).toEqual({ metric, isKnown: true });
        expect([...(known?.labels ?? [])]).toEqual(expect.arrayContaining(asked));
      }
      expect(['critical', 'warning', 'info']).toContain(labels.severity);
      expect(annotations).toEqual({
        summary: expect.stringMatching(/\.$/),
        runbook: `${RUNBOOKS}/${name}.md`,
      });
    },
  );

  // promtool passes a test of an alert that does not exist, and one that expects no alert.
  it('has a test for each alert, in which it fires and then ends', () => {
    const tested = ruleTests.map(({ name, alert_rule_test: steps }) => {
      expect(new Set(steps.map(({ alertname }) => alertname))).toEqual(new Set([name]));
      expect(steps.at(0)!.exp_alerts).toHaveLength(1);
      expect(steps.at(-1)!.exp_alerts).toEqual([]);
      return name;
    });
    expect(tested.sort()).toEqual(names);
  });

  itWithPromtool.each([
    ['check', RULES],
    ['test', RULE_TESTS],
  ])('passes promtool %s rules', (command, file) => {
    const { status, stdout, stderr } = spawnSync('promtool', [command, 'rules', file], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ status, said: stdout + stderr }).toEqual({
      status: 0,
      said: expect.stringMatching(/SUCCESS/),
    });
  });
});

describe(RUNBOOKS, () => {
  const pages = runbooks.map((file) => [file, text(file)] as const);
  const settings = new Set(describeSettings().flatMap(({ keys }) => keys));
  const sources = ['libs', 'apps']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => /(?<!spec)\.ts$/.test(file))
    .map(text)
    .join('\n');

  it('has a page for each alert, and no others; operations.md links to each', () => {
    expect(runbooks.map((file) => basename(file, '.md')).sort()).toEqual(names);
    const linked = [...text('docs/operations.md').matchAll(/\]\(runbooks\/(\w+)\.md\)/g)];
    expect(linked.map(([, name]) => name).sort()).toEqual(names);
  });

  it.each(pages)('%s has its name, what users notice, what to run and what to do', (file, page) => {
    const headings = [...page.matchAll(/^#+ .+$/gm)].map(([heading]) => heading);
    const name = basename(file, '.md');
    expect(headings).toEqual([`# ${name}`, '## What users notice', '## What to run', '## What to do']);
    const severity = alerts.find(({ alert }) => alert === name)?.labels.severity;
    expect(page).toMatch(new RegExp(`\\sSeverity:\\s${severity}\\.`));
  });

  it.each(pages)('%s names commands with the options that they have', async (_, page) => {
    const lines = [...page.matchAll(/^buildbot-bridge .+$|`(buildbot-bridge .+?)`/gm)].map(
      ([line, inline]) => inline ?? line,
    );
    for (const line of lines) {
      const words = line.split(' ').slice(1);
      const options = words.filter((word) => word.startsWith('--'));
      const help = await readHelp(words);
      for (const option of options) expect(help).toMatch(new RegExp(`${option}\\b`));
    }
  });

  it.each(pages)('%s quotes messages that the bridge logs, and settings that it has', (_, page) => {
    const flowing = page.replace(/\s+/g, ' ');
    const searched = [...page.matchAll(/'"([^"]+)"'/g)];
    const quoted = [...flowing.matchAll(/(?<= )_(.+?)_(?=[ .,:?])/g)];
    for (const [, message] of [...searched, ...quoted]) expect(sources).toContain(`'${message}'`);
    const named = [...page.matchAll(/`([a-z<>]+(?:[_.][a-zA-Z_]+)+)`/g)].map(([, name]) => name!);
    expect(named.filter((name) => !settings.has(name))).toEqual([]);
  });
});

/** The help of the command that a command line names: its options, and the program's own. */
async function readHelp(words: readonly string[]): Promise<string> {
  let printed = '';
  const print = { write: (said: string) => (printed += said) };
  const startService = () => Promise.reject(new Error('a service was started'));
  const host = { stdout: print, stderr: print, startService };
  const code = await runCommandLine([...words.filter((word) => word !== '--version'), '--help'], host);
  expect({ code, printed }).toMatchObject({ code: 0 });
  return printed;
}
