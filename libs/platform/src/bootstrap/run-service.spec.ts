import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DynamicModule } from '@nestjs/common';
import { check, ExampleModule } from '../testing/example.module.js';
import { FakeProcess } from '../testing/fake-process.js';
import { Folder } from '../testing/folder.js';
import { LAST_LAYOUT } from '../testing/layouts.js';
import { runService } from './run-service.js';
import { StartRefused } from './start-refused.js';

let folder: Folder;
let config: string;
beforeEach(() => {
  folder = new Folder();
  config = folder.write('config.json', { ...LAST_LAYOUT, reflector: {} });
});
afterEach(() => folder.remove());

function run(
  args: string[],
  module: () => DynamicModule | Promise<DynamicModule>,
  env: Record<string, string> = {},
) {
  const host = new FakeProcess(['node', 'main.js', ...args]);
  Object.assign(host.env, env);
  return { host, done: runService('reflector', module, undefined, host) };
}

const plain = () => ExampleModule.of([check('broker', 'ready')]);

describe('runService', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    'ends with 0 after %s, when everything is closed',
    async (signal) => {
      const events: string[] = [];
      const { host, done } = run(['-c', config], () =>
        ExampleModule.of([], () => void events.push('closed')),
      );
      await done;
      host.emit(signal);
      host.emit(signal);
      expect(await host.exited).toBe(0);
      expect(events).toEqual(['closed']);
      expect(host.log.messages.filter((message) => message === 'service stops')).toHaveLength(1);
      expect(host.log.messages).toEqual(
        expect.arrayContaining(['service started', 'service stops', 'service stopped']),
      );
    },
  );

  it('ends with 0 when it is told to stop while it starts', async () => {
    let go!: () => void;
    const held = new Promise<void>((resolve) => (go = resolve));
    const { host, done } = run(['-c', config], async () => {
      await held;
      return plain();
    });
    host.emit('SIGTERM');
    go();
    await done;
    expect(await host.exited).toBe(0);
  });

  it('ends with 1 and a line in the log when it cannot stop within the grace period', async () => {
    let go!: () => void;
    const held = new Promise<void>((resolve) => (go = resolve));
    const { host, done } = run(['-c', config], () => ExampleModule.of([], () => held), {
      BBB_SHUTDOWN_GRACE: '0.05',
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
    const { host, done } = run(['--config', config, option], plain);
    await done;
    host.emit('SIGTERM');
    await host.exited;
    const isInfoLogged = host.log.messages.includes('service started');
    expect(isInfoLogged).toBe(least === 'debug');
  });

  it('ends with 78 and all problems of the configuration on standard error', async () => {
    const { host, done } = run(['-c', config], plain, { TASKCLUSTER_ROOT_URL: '', BBB_PULSE_PORT: 'hidden' });
    await done;
    expect(await host.exited).toBe(78);
    expect(host.stderr.text).toMatch(/2 problems:\n.*rootUrl.*\n.*pulse_port/);
    expect(host.stderr.text).not.toContain('hidden');
    expect(host.log.lines).toEqual([]);
  });

  it('ends with 78 and the message alone when a module refuses to start', async () => {
    const { host, done } = run(['-c', config], () => {
      throw new StartRefused('run the migrations first');
    });
    await done;
    expect(await host.exited).toBe(78);
    expect(host.stderr.text).toBe('run the migrations first\n');
  });

  it('sees a refusal of a provider, and behind another error', async () => {
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
    const { host, done } = run(['-c', config], () => refusing);
    await done;
    expect(await host.exited).toBe(78);
    expect(host.stderr.text).toBe('migrate first\n');
  });

  it('ends with 1 and the error in the log when it fails to start otherwise', async () => {
    const { host, done } = run(['-c', config], () => {
      throw new Error('surprise');
    });
    await done;
    expect(await host.exited).toBe(1);
    expect(host.log.records.at(-1)).toMatchObject({
      msg: 'service cannot start',
      error: { message: 'surprise' },
    });
  });

  it('ends with 64 for an option that does not exist', async () => {
    const { host, done } = run(['--nonsense'], plain);
    await done;
    expect(await host.exited).toBe(64);
    expect(host.stderr.text).toMatch(/--nonsense[\s\S]*--config FILE/);
  });

  it('ends with 64 where more and less is asked of the log', async () => {
    const { host, done } = run(['-v', '-q', '-c', config], plain);
    await done;
    expect(await host.exited).toBe(64);
    expect(host.stderr.text).toMatch(/^a service takes one of --verbose and --quiet\n/);
  });

  it.each(['-h', '--help'])('shows its options for %s', async (option) => {
    const { host, done } = run([option], plain);
    await done;
    expect(await host.exited).toBe(0);
    expect(host.stdout.text).toContain('--config FILE');
    expect(host.stderr.text).toBe('');
  });

  it('outlives the signal for a new log file, also where it has none', async () => {
    const { host, done } = run(['-c', config], plain);
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
    const { host, done } = run(['-c', config], plain);
    await done;
    host.emit(event, new Error('surprise'));
    expect(await host.exited).toBe(1);
    expect(host.log.records.at(-1)).toMatchObject({
      level: 'fatal',
      msg: message,
      error: { message: 'surprise' },
    });
    host.emit('SIGTERM');
  });

  it('tells what is odd in the configuration', async () => {
    const { host, done } = run(['-c', config], plain, { BBB_UNHEARD_OF: '1' });
    await done;
    expect(host.log.records).toContainEqual(
      expect.objectContaining({ level: 'warn', warning: 'unknown variable, ignored: BBB_UNHEARD_OF' }),
    );
    host.emit('SIGTERM');
    await host.exited;
  });
});
