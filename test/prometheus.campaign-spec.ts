import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SCENARIOS, type Scenario } from '../sandbox/mix.js';
import { hasArrived, play } from '../sandbox/story.js';
import { TcpProxy } from './support/doubles/tcp-proxy.js';
import { eventually } from './support/eventually.js';
import { COMPILATION_LIMIT, compileProject } from './support/project.js';
import { Prometheus } from './support/prometheus.js';
import { openSandboxedBridge, type SandboxedBridge } from './support/sandboxed-bridge.js';
import { canStart, describeWhere, isReachable, SERVERS } from './support/servers.js';

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));
const text = (file: string) => readFileSync(resolve(ROOT, file), 'utf8');
const { panels } = JSON.parse(text('deploy/grafana/buildbot-bridge.json')) as {
  panels: { title: string; targets: { expr: string }[] }[];
};

/** The rules with seconds in the place of minutes, for everything in a sandbox goes faster. */
function hasten(rules: string): string {
  return rules.replaceAll(/for: \d+[mh]/g, 'for: 1s').replaceAll(/\[\d+[mh]\]/g, '[10s]');
}

/** Its claim is reclaimed. */
const LONG: Scenario = {
  name: 'a long build',
  plan: () => ({ duration: 8 }),
  taskcluster: 'completed',
  buildbot: 'SUCCESS',
};

/** Whether two instances ever meet on one row is chance; Buildbot 0.8 sends its events by Pulse. */
const WITHOUT_DATA = /bbb_conflicts_total|bbb_event_streams/;

/** How long a fault may take to be seen: many scrapes, on a busy machine. */
const PATIENCE = 60;
const LIMIT = 150_000;

describeWhere(canStart('prometheus') && isReachable('rabbitmq') && isReachable('mysql'))(
  'a bridge watched by Prometheus',
  () => {
    let prometheus: Prometheus;
    let bridge: SandboxedBridge;
    let pulse: TcpProxy;
    let database: TcpProxy;

    /** Until an alert fires; then it leads whoever gets it to its page. */
    const fires = async (alert: string) => {
      const runbook = await eventually(async () => {
        expect(await prometheus.listFiring()).toContain(alert);
        const [page] = await prometheus.listRunbooks(alert);
        expect(page).toBeDefined();
        return page!;
      }, PATIENCE);
      expect(text(runbook)).toMatch(new RegExp(`^# ${alert}\\n`));
      expect(text(runbook)).toMatch(/^## What to run\n+\S/m);
    };
    const ends = (alert: string) =>
      eventually(async () => expect(await prometheus.listFiring()).not.toContain(alert), PATIENCE);

    beforeAll(async () => {
      prometheus = await Prometheus.start(hasten(text('deploy/prometheus/buildbot-bridge.rules.yaml')));
    });
    afterAll(async () => {
      await bridge?.close();
      await pulse?.stop();
      await database?.stop();
      await prometheus.stop();
    });

    it(
      'BuildbotBridgeAbsent fires until there is a bridge',
      async () => {
        await fires('BuildbotBridgeAbsent');
        bridge = await openSandboxedBridge({
          database: 'mysql',
          services: 'processes',
          scenarios: [...SCENARIOS, LONG],
          settings: async ({ options }) => {
            pulse = await TcpProxy.start(SERVERS.rabbitmq.url);
            database = await TcpProxy.start(options.bridgeDb);
            return { pulse_port: pulse.port, bbb_db: database.url };
          },
        });
        await prometheus.scrape(Object.values(bridge.health));
        await ends('BuildbotBridgeAbsent');
      },
      COMPILATION_LIMIT,
    );

    it(
      'no alert fires while the mix is at work and all is well',
      async () => {
        await play(
          bridge.sandbox,
          SCENARIOS.map((scenario) => [scenario]),
          () => undefined,
          PATIENCE,
        );
        await eventually(async () => expect(await prometheus.listFiring()).toEqual([]), PATIENCE);
      },
      LIMIT,
    );

    it(
      'BuildbotBridgePulseDisconnected',
      async () => {
        await pulse.refuse();
        await fires('BuildbotBridgePulseDisconnected');
        await pulse.recover();
        await ends('BuildbotBridgePulseDisconnected');
      },
      LIMIT,
    );

    it(
      'BuildbotBridgeDatabaseUnreadable',
      async () => {
        await database.refuse();
        await fires('BuildbotBridgeDatabaseUnreadable');
        await database.recover();
        await ends('BuildbotBridgeDatabaseUnreadable');
      },
      LIMIT,
    );

    it(
      'BuildbotBridgeSystemUnavailable and BuildbotBridgeStepStalled, when Taskcluster does not answer',
      async () => {
        const { faults } = bridge.sandbox.taskcluster;
        bridge.sandbox.taskcluster.faults = () => ({ status: 503 });
        const playing = play(bridge.sandbox, [[LONG]], () => undefined, 2 * PATIENCE);
        await fires('BuildbotBridgeSystemUnavailable');
        await fires('BuildbotBridgeStepStalled');
        bridge.sandbox.taskcluster.faults = faults;
        await ends('BuildbotBridgeSystemUnavailable');
        await ends('BuildbotBridgeStepStalled');
        expect((await playing).every(hasArrived)).toBe(true);
      },
      LIMIT,
    );

    it(
      'BuildbotBridgeCredentialsRefused',
      async () => {
        const { faults } = bridge.sandbox.taskcluster;
        bridge.sandbox.taskcluster.faults = () => ({ status: 401, code: 'AuthenticationFailed' });
        await fires('BuildbotBridgeCredentialsRefused');
        bridge.sandbox.taskcluster.faults = faults;
        await ends('BuildbotBridgeCredentialsRefused');
      },
      LIMIT,
    );

    it(
      'BuildbotBridgeMessagesQuarantined, until an operator drops the message',
      async () => {
        const { broker } = bridge.sandbox.options;
        const connection = await broker.connect();
        const channel = await connection.createConfirmChannel();
        channel.sendToQueue(bridge.sandbox.queues[0]!, Buffer.from('no JSON'));
        await channel.waitForConfirms();
        await connection.close();
        await fires('BuildbotBridgeMessagesQuarantined');
        const command = resolve(await compileProject(), 'bin/buildbot-bridge.js');
        const words = ['-c', bridge.configFile, 'messages', 'drop', '--all', '--state', 'quarantined'];
        await promisify(execFile)(process.execPath, [command, ...words]);
        await ends('BuildbotBridgeMessagesQuarantined');
      },
      LIMIT,
    );

    it(
      'each panel of the dashboard has data, after all this',
      async () => {
        const empty: string[] = [];
        for (const { title, targets } of panels)
          for (const { expr } of targets.filter((target) => !WITHOUT_DATA.test(target.expr)))
            if ((await prometheus.query(expr.replaceAll('$__rate_interval', '2m'))).length === 0)
              empty.push(title);
        expect(empty).toEqual([]);
      },
      LIMIT,
    );
  },
);
