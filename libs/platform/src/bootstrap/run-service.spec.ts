import { createServer, type AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { check, ExampleModule } from '../testing/example.module.js';
import { FakeProcess } from '../testing/fake-process.js';
import { processSettings } from '../testing/settings.js';
import { type LoadedService, type LoadRequest, runService } from './run-service.js';
import { StartRefused } from './start-refused.js';

const SETTINGS: LoadedService = {
  settings: processSettings(),
  warnings: [],
  sources: ['config.json'],
  module: () => plain(),
};

function run(args: string[], changes: Partial<LoadedService> = {}) {
  const host = new FakeProcess(['node', 'main.js', ...args]);
  const requests: LoadRequest[] = [];
  const load = (request: LoadRequest): LoadedService => {
    requests.push(request);
    const log = { level: request.logLevel ?? 'info' } as const;
    return { ...SETTINGS, settings: processSettings({ log }), ...changes };
  };
  return { host, requests, done: runService(load, host) };
}

const plain = () => ExampleModule.of([check('broker', 'ready')]);

describe('runService', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    'ends with 0 after %s, when everything is closed',
    async (signal) => {
      const events: string[] = [];
      const { host, done } = run([], {
        module: () => ExampleModule.of([], () => void events.push('closed')),
      });
      await done;
      host.emit(signal);
      host.emit(signal);
      expect(await host.exited).toBe(0);
      expect(events).toEqual(['closed']);
      expect(host.log.messages.filter((message) => message === 'shutting down')).toHaveLength(1);
      expect(host.log.messages).toEqual(
        expect.arrayContaining(['service started', 'shutting down', 'service stopped']),
      );
    },
  );

  it('ends with 0 on a stop signal during its start', async () => {
    let go!: () => void;
    const held = new Promise<void>((resolve) => (go = resolve));
    const { host, done } = run([], {
      module: async () => {
        await held;
        return plain();
      },
    });
    host.emit('SIGTERM');
    go();
    await done;
    expect(await host.exited).toBe(0);
  });

  it('ends with 1 and a line in the log when it cannot stop within the grace period', async () => {
    let go!: () => void;
    const held = new Promise<void>((resolve) => (go = resolve));
    const { host, done } = run([], {
      module: () => ExampleModule.of([], () => held),
      settings: processSettings({ shutdown: { grace: 0.05 } }),
    });
    await done;
    host.emit('SIGTERM');
    expect(await host.exited).toBe(1);
    expect(host.log.messages).toContain('service could not stop within its grace period');
    go();
  });

  it.each([
    ['-v', 'debug'],
    ['-q', undefined],
  ])('logs as %s asks', async (option, least) => {
    const { host, done } = run([option]);
    await done;
    host.emit('SIGTERM');
    await host.exited;
    const isInfoLogged = host.log.messages.includes('service started');
    expect(isInfoLogged).toBe(least === 'debug');
  });

  it('passes on the options of the command line and the environment', async () => {
    const { host, requests, done } = run(['--config', 'some.json', '-v']);
    await done;
    expect(requests).toEqual([{ file: 'some.json', logLevel: 'debug', environment: host.env }]);
    host.emit('SIGTERM');
    await host.exited;
  });

  it('ends with 78 and the message alone when the settings are refused', async () => {
    const host = new FakeProcess(['node', 'main.js']);
    await runService(() => {
      throw Object.assign(new Error('two problems'), { name: 'ConfigurationError' });
    }, host);
    expect(await host.exited).toBe(78);
    expect(host.stderr.text).toBe('two problems\n');
    expect(host.log.lines).toEqual([]);
  });

  it('ends with 78 and the message alone when a module refuses to start', async () => {
    const { host, done } = run([], {
      module: () => {
        throw new StartRefused('run the migrations first');
      },
    });
    await done;
    expect(await host.exited).toBe(78);
    expect(host.stderr.text).toBe('run the migrations first\n');
    expect(host.log.records.at(-1)).toMatchObject({
      level: 'fatal',
      msg: 'service cannot start until an operator acts',
      reason: 'run the migrations first',
    });
  });

  it('recognises a refusal of a provider, also as the cause of another error', async () => {
    const refusing = {
      module: class Refusing {},
      providers: [
        {
          provide: 'DATABASE',
          useFactory: () => {
            throw new Error('no provider', { cause: new StartRefused('migrate first') });
          },
        },
      ],
    };
    const { host, done } = run([], { module: () => refusing });
    await done;
    expect(await host.exited).toBe(78);
    expect(host.stderr.text).toBe('migrate first\n');
  });

  it('ends with 1 and the error in the log when it fails to start otherwise', async () => {
    const { host, done } = run([], {
      module: () => {
        throw new Error('surprise');
      },
    });
    await done;
    expect(await host.exited).toBe(1);
    expect(host.log.records.at(-1)).toMatchObject({
      msg: 'service cannot start',
      error: { message: 'surprise' },
    });
    expect(host.stderr.text).toBe('service cannot start: surprise\n');
  });

  it('waits for a taken port, and can be stopped meanwhile', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    let made = 0;
    const { host, done } = run([], {
      settings: processSettings({ http: { host: '127.0.0.1', port } }),
      module: () => {
        made++;
        return ExampleModule.of([]);
      },
    });
    while (!host.log.messages.includes('service cannot start yet; will retry')) await setImmediate();
    host.emit('SIGTERM');
    await done;
    expect(await host.exited).toBe(0);
    expect(made).toBe(1);
    expect(host.log.records).toContainEqual(
      expect.objectContaining({
        level: 'error',
        msg: 'service cannot start yet; will retry',
        reason: expect.stringContaining('(EADDRINUSE)'),
        retryIn: 1,
      }),
    );
    expect(host.log.messages).not.toContain('service started');
    await new Promise((resolve) => other.close(resolve));
  });

  it('ends with 64 for an option that does not exist', async () => {
    const { host, done } = run(['--nonsense']);
    await done;
    expect(await host.exited).toBe(64);
    expect(host.stderr.text).toMatch(/--nonsense[\s\S]*--config FILE/);
  });

  it('ends with 64 for --verbose with --quiet', async () => {
    const { host, done } = run(['-v', '-q']);
    await done;
    expect(await host.exited).toBe(64);
    expect(host.stderr.text).toMatch(/^a service takes one of --verbose and --quiet\n/);
  });

  it.each(['-h', '--help'])('shows its options for %s', async (option) => {
    const { host, done } = run([option]);
    await done;
    expect(await host.exited).toBe(0);
    expect(host.stdout.text).toContain('--config FILE');
    expect(host.stderr.text).toBe('');
  });

  it('survives the signal that reopens the log file, also without a log file', async () => {
    const { host, done } = run([]);
    expect(host.listenerCount('SIGUSR2')).toBe(1);
    await done;
    host.emit('SIGUSR2');
    host.emit('SIGTERM');
    expect(await host.exited).toBe(0);
  });

  it.each([
    ['uncaughtException', 'uncaught exception'],
    ['unhandledRejection', 'unhandled rejection'],
  ])('ends with 1 after an %s', async (event, message) => {
    const { host, done } = run([]);
    await done;
    host.emit(event, new Error('surprise'));
    expect(await host.exited).toBe(1);
    expect(host.log.records.at(-1)).toMatchObject({
      level: 'fatal',
      msg: message,
      error: { message: 'surprise' },
    });
    expect(host.stderr.text).toBe(`${message}: surprise\n`);
    host.emit('SIGTERM');
  });

  it('begins with one line that tells version, instance and sources', async () => {
    const { host, done } = run([]);
    await done;
    const starting = host.log.records.filter(({ msg }) => msg === 'service starting');
    expect(starting).toEqual([
      expect.objectContaining({
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        instance: expect.stringMatching(/^.+:\d+$/),
        sources: ['config.json'],
      }),
    ]);
    host.emit('SIGTERM');
    await host.exited;
  });

  it('logs warnings about the settings', async () => {
    const { host, done } = run([], { warnings: ['something odd'] });
    await done;
    expect(host.log.records).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'configuration warning', warning: 'something odd' }),
    );
    host.emit('SIGTERM');
    await host.exited;
  });
});
