import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { HEALTH_CHECKS, type HealthCheck } from '../health/health-check.js';
import { Heartbeats } from '../health/heartbeats.js';
import { Redactor } from '../logging/redactor.js';
import { createLogger } from '../logging/create-logger.js';
import { Metrics } from '../metrics/metrics.js';
import { SystemClock } from '../time/system-clock.js';
import { check, ExampleModule } from '../testing/example.module.js';
import { LogLines } from '../testing/log-lines.js';
import { processSettings } from '../testing/settings.js';
import { startService, type RunningService, type StartOptions } from './start-service.js';

const running: RunningService[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.stop()));
});

async function start(checks: HealthCheck[], options: StartOptions = {}, log = new LogLines()) {
  const settings = processSettings();
  const logger = createLogger(settings, { destination: log });
  const service = await startService(settings, ExampleModule.of(checks), { logger, ...options });
  running.push(service);
  return service;
}

async function get(service: RunningService | string, path: string) {
  const answer = await fetch(`${typeof service === 'string' ? service : service.healthUrl}${path}`);
  const text = await answer.text();
  return { status: answer.status, text, body: path === '/metrics' ? undefined : JSON.parse(text) };
}

describe('/health/live', () => {
  it('passes while the process and its loops make progress', async () => {
    const service = await start([check('heap', 'live'), check('broker', 'ready', async () => 'unavailable')]);
    service.app.get(Heartbeats).expect('pass', 180);
    expect(await get(service, '/health/live')).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { pass: { status: 'up' }, heap: { status: 'up' } } },
    });
  });

  it('fails, naming the loop that makes no progress', async () => {
    const service = await start([]);
    const beats = service.app.get(Heartbeats);
    const clock = service.app.get(SystemClock);
    beats.expect('pass', 180);
    const started = clock.now();
    clock.now = () => started + 181;
    const answer = await get(service, '/health/live');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({
      status: 'error',
      details: { pass: { status: 'down', reason: 'no progress for more than 180 s' } },
    });
    beats.beat('pass');
    expect((await get(service, '/health/live')).status).toBe(200);
  });
});

describe('/health/ready', () => {
  it('lists passing checks and unavailable systems, and stays 200 for the latter', async () => {
    const service = await start([
      check('broker', 'ready'),
      check('taskcluster', 'degraded', async () => 'no answer'),
      check('pass', 'live', async () => 'stuck'),
    ]);
    expect(await get(service, '/health/ready')).toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        details: {
          service: { status: 'up' },
          broker: { status: 'up' },
          taskcluster: { status: 'degraded', reason: 'no answer' },
        },
      },
    });
  });

  it('fails with a failing or throwing check, without a stack', async () => {
    const service = await start([
      check('broker', 'ready', async () => 'unavailable'),
      check('database', 'ready', async () => {
        throw new TypeError('password in here');
      }),
    ]);
    const answer = await get(service, '/health/ready');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({
      status: 'error',
      details: {
        service: { status: 'up' },
        broker: { status: 'down', reason: 'unavailable' },
        database: { status: 'down', reason: 'TypeError' },
      },
    });
    expect(answer.text).not.toContain('password in here');
  });

  it('does not wait for a check that hangs', async () => {
    const service = await start([check('broker', 'ready', () => new Promise(() => undefined))], {
      checkTimeout: 0.05,
    });
    expect((await get(service, '/health/ready')).body.details.broker).toEqual({
      status: 'down',
      reason: 'timeout of 50ms exceeded',
    });
  });

  it('logs a failure once, and its end', async () => {
    const log = new LogLines();
    let reason: string | undefined;
    const service = await start([check('broker', 'ready', async () => reason)], {}, log);
    const reasons = ['no answer for 10 s', 'no answer for 45 s', 'no answer for 120 s', 'refused', undefined];
    for (reason of reasons) {
      await get(service, '/health/ready');
      await get(service, '/health/ready');
    }
    const health = log.records.filter(({ context }) => context === 'Health');
    expect(health).toMatchObject([
      { level: 'warn', check: 'broker', reason: 'no answer for 10 s', msg: 'health check failed' },
      { level: 'warn', check: 'broker', reason: 'no answer for 120 s', msg: 'health check failed' },
      { level: 'warn', check: 'broker', reason: 'refused', msg: 'health check failed' },
      { level: 'info', check: 'broker', msg: 'health check passes again' },
    ]);
  });
});

/** A strategy that cannot begin before it is let, and says when it ends. */
class HeldStrategy extends Server implements CustomTransportStrategy {
  release!: () => void;
  isClosed = false;
  readonly released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  listen(callback: () => void): void {
    void this.released.then(callback);
  }

  close(): void {
    this.isClosed = true;
  }

  on(): void {}

  unwrap<T>(): T {
    return undefined as T;
  }
}

describe('startService', () => {
  it('serves health before its microservices begin, and is ready only then', async () => {
    const strategy = new HeldStrategy();
    let url: (() => Promise<string>) | undefined;
    const starting = start([], {
      configure: (app) => {
        app.connectMicroservice({ strategy }, { inheritAppConfig: true });
        url = () => app.getUrl();
      },
    });
    const early = await eventually(async () => get(await url!(), '/health/ready'));
    expect(early).toMatchObject({
      status: 503,
      body: { details: { service: { status: 'down', reason: 'starting' } } },
    });
    expect((await get(await url!(), '/health/live')).status).toBe(200);
    strategy.release();
    const service = await starting;
    expect((await get(service, '/health/ready')).status).toBe(200);
    await service.stop();
    expect(strategy.isClosed).toBe(true);
    await expect(fetch(`${service.healthUrl}/health/live`)).rejects.toThrow('fetch failed');
  });

  it('collects the checks of every module, or none', async () => {
    const module = {
      module: class Two {},
      providers: [{ provide: HEALTH_CHECKS, useValue: [check('two', 'ready')] }],
    };
    const one = ExampleModule.of([check('one', 'ready')]);
    const logger = createLogger(processSettings(), { destination: new LogLines() });
    const both = await startService(processSettings(), { ...one, imports: [module] }, { logger });
    const bare = await startService(processSettings(), { module: class Bare {} }, { logger });
    running.push(both, bare);
    expect(Object.keys((await get(both, '/health/ready')).body.details).sort()).toEqual([
      'one',
      'service',
      'two',
    ]);
    expect(Object.keys((await get(bare, '/health/ready')).body.details)).toEqual(['service']);
  });

  it('serves the metrics of each application separately, and those of the process if configured', async () => {
    const one = await start([]);
    const other = await start([], { processMetrics: false });
    one.app
      .get(Metrics)
      .define({ reconciles_total: { type: 'counter', help: 'Decisions.', labels: ['action'] } })
      .count('reconciles_total', { action: 'claim' });
    const [text, otherText] = await Promise.all([get(one, '/metrics'), get(other, '/metrics')]);
    expect(text.text).toContain('bbb_reconciles_total{action="claim"} 1');
    expect(text.text).toContain('process_resident_memory_bytes');
    expect(otherText.text).not.toMatch(/bbb_reconciles_total|process_/);
  });

  it('hides secrets in its log that a module teaches the redactor', async () => {
    const log = new LogLines();
    const service = await start([check('broker', 'ready', async () => 'for token-of-run')], {}, log);
    service.app.get(Redactor).learn('token-of-run');
    const { text } = await get(service, '/health/ready');
    new Logger('Test').log({ text: 'token-of-run' }, 'x');
    expect(log.records.at(-1)).toMatchObject({ msg: 'x', text: '[secret]' });
    expect(text + log.text).not.toContain('token-of-run');
  });

  it('names the settings when its address is taken', async () => {
    const first = await start([]);
    const { port } = new URL(first.healthUrl);
    const taken = processSettings({ http: { host: '127.0.0.1', port: Number(port) } });
    const logger = createLogger(taken, { destination: new LogLines() });
    await expect(startService(taken, ExampleModule.of([]), { logger })).rejects.toThrow(
      `health cannot be served on 127.0.0.1, port ${port} (EADDRINUSE); set reflector.http_host`,
    );
  });

  it('stops once, however often stop is called', async () => {
    let shutdowns = 0;
    const module = ExampleModule.of([], () => void shutdowns++);
    const logger = createLogger(processSettings(), { destination: new LogLines() });
    const service = await startService(processSettings(), module, { logger });
    await Promise.all([service.stop(), service.stop()]);
    await service.stop();
    expect(shutdowns).toBe(1);
  });
});

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 200; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
