import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../sandbox/services.js';
import { eventually } from './eventually.js';

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

interface Alert {
  state: string;
  labels: { alertname: string };
  annotations: { runbook?: string };
}

/** A Prometheus of a test's own, that scrapes and evaluates every second. */
export class Prometheus {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  /** @param rules the text of a file with alerting rules */
  static async start(rules: string): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'bbb-test-prometheus-'));
    const targets = join(folder, 'targets.json');
    await writeFile(targets, '[]');
    await writeFile(join(folder, 'rules.yaml'), rules);
    const configuration = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yaml'],
      scrape_configs: [
        {
          job_name: 'buildbot-bridge',
          file_sd_configs: [{ files: ['targets.json'], refresh_interval: '1s' }],
        },
      ],
    };
    // YAML holds JSON.
    await writeFile(join(folder, 'prometheus.yaml'), JSON.stringify(configuration));
    const address = `127.0.0.1:${await findFreePort()}`;
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const prometheus = new Prometheus(folder, child, `http://${address}`);
    await eventually(async () => prometheus.query('1'));
    return prometheus;
  }

  /** @param addresses of the services, without a path */
  async scrape(addresses: readonly string[]): Promise<void> {
    const targets = addresses.map((address) => new URL(address).host);
    const written = join(this.folder, 'targets.json.new');
    await writeFile(written, JSON.stringify([{ targets }]));
    await rename(written, join(this.folder, 'targets.json'));
  }

  async query(expression: string): Promise<Sample[]> {
    const { result } = (await this.get(`query?query=${encodeURIComponent(expression)}`)) as {
      result: Sample[];
    };
    return result;
  }

  /** Names of the alerts that fire. */
  async listFiring(): Promise<string[]> {
    return (await this.listAlerts()).flatMap(({ state, labels }) =>
      state === 'firing' ? labels.alertname : [],
    );
  }

  /** The pages that the alerts of a name lead to. */
  async listRunbooks(alert: string): Promise<string[]> {
    return (await this.listAlerts()).flatMap(({ labels, annotations }) =>
      labels.alertname === alert ? (annotations.runbook ?? []) : [],
    );
  }

  private async listAlerts(): Promise<Alert[]> {
    return ((await this.get('alerts')) as { alerts: Alert[] }).alerts;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}`);
    const { status, data, error } = (await response.json()) as {
      status: string;
      data: unknown;
      error?: string;
    };
    if (status !== 'success') throw new Error(`Prometheus: ${error}`);
    return data;
  }
}
