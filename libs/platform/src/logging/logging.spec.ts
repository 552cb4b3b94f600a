import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { StartRefused } from '../bootstrap/start-refused.js';
import type { ProcessSettings } from '../process-settings.js';
import { Folder } from '../testing/folder.js';
import { LogLines } from '../testing/log-lines.js';
import { processSettings } from '../testing/settings.js';
import { createLogger } from './create-logger.js';
import { LogFile } from './log-file.js';

function logging(changes: Partial<ProcessSettings> = {}) {
  const destination = new LogLines();
  const logger = createLogger(processSettings(changes), { destination });
  return { logger, destination };
}

describe('a record', () => {
  afterEach(() => Logger.overrideLogger(true));

  it('has the fields, the message, the service and the name of the logger', () => {
    const { logger, destination } = logging();
    Logger.overrideLogger(logger);
    const named = new Logger('Reclaims');
    named.log({ taskId: 'abc', runId: 0 }, 'task reclaimed');
    named.error({ taskId: 'abc' });
    expect(destination.records).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        service: 'reflector',
        pid: process.pid,
        context: 'Reclaims',
        taskId: 'abc',
        runId: 0,
        msg: 'task reclaimed',
      },
      expect.objectContaining({ level: 'error', context: 'Reclaims', taskId: 'abc', msg: '' }),
    ]);
  });

  it("accepts Nest's own log calls", () => {
    const { logger, destination } = logging({ log: { level: 'debug' } });
    logger.log('Mapped route', 'RouterExplorer');
    logger.error('it broke', 'Error: it broke\n    at somewhere', 'ExceptionsHandler');
    logger.error(new TypeError('thrown'), undefined, 'ExceptionHandler');
    expect(destination.records).toMatchObject([
      { level: 'debug', msg: 'Mapped route', context: 'RouterExplorer' },
      { msg: 'it broke', context: 'ExceptionsHandler' },
      { msg: 'thrown', context: 'ExceptionHandler', error: { name: 'TypeError', message: 'thrown' } },
    ]);
    const usual = logging();
    usual.logger.log('Mapped route', 'RouterExplorer');
    usual.logger.error('it broke', 'Error: it broke\n    at somewhere', 'ExceptionsHandler');
    expect(usual.destination.messages).toEqual(['it broke']);
    expect(usual.destination.records[0]).not.toHaveProperty('stack');
  });

  it('contains an error with its causes, and its stack only at level debug', () => {
    const error = new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ECONNREFUSED' }) });
    const plain = logging();
    plain.logger.error({ error }, 'failed');
    expect(plain.destination.records[0]!.error).toEqual({
      name: 'Error',
      message: 'outer',
      cause: { name: 'Error', message: 'inner', code: 'ECONNREFUSED' },
    });
    const verbose = logging({ log: { level: 'debug' } });
    verbose.logger.error({ error }, 'failed');
    expect(verbose.destination.records[0]!.error).toMatchObject({ stack: expect.stringContaining('at ') });
  });

  it('survives an error that is its own cause', () => {
    const { logger, destination } = logging();
    const error = new Error('round');
    error.cause = error;
    logger.error({ error }, 'failed');
    expect(destination.messages).toEqual(['failed']);
  });

  it('is left out below the level', () => {
    const { logger, destination } = logging({ log: { level: 'error' } });
    logger.log({}, 'info');
    logger.warn({}, 'warn');
    logger.debug({}, 'debug');
    logger.error({}, 'error');
    expect(destination.messages).toEqual(['error']);
  });
});

describe('secrets', () => {
  it('appear in no record, wherever they hide', () => {
    const hiding = [
      'token-of-2018',
      'pulse+pass',
      'db%40pass',
      'db@pass',
      'scheduler-secret',
      'signed-with-this',
    ];
    const { logger, destination } = logging({ secrets: hiding });
    for (const secret of hiding) {
      logger.error(
        {
          plain: `<${secret}> and ${secret}`,
          nested: { list: [secret, { deep: secret }] },
          error: new Error(`failed with ${secret}`, { cause: new Error(secret) }),
          url: `amqps://bridge:${secret}@pulse/x`,
          long: 'x'.repeat(1020) + secret,
        },
        `message ${secret}`,
        `Context`,
      );
      logger.error(`text ${secret}`, `Error: ${secret}\n    at here`, 'Context');
    }
    for (const secret of hiding) expect(destination.text).not.toContain(secret);
    expect(destination.text).toContain('[secret]');
  });

  it('are hidden in fields with a secret name and in accounts of URLs', () => {
    const { logger, destination } = logging();
    logger.log(
      { password: 'stranger', headers: { Authorization: 'stranger' }, url: 'https://u:stranger@h/p' },
      'x',
    );
    expect(destination.text).not.toContain('stranger');
    expect(destination.records[0]).toMatchObject({ url: 'https://h/p' });
  });
});

describe('foreign text', () => {
  it('does not control a terminal or editor: control characters are escaped, the value stays', () => {
    const { logger, destination } = logging();
    const name = 'a\u009b2Jb\u202ec\u2066d\u2069e\u200ff\u061cg\u007fh\u2028i\u001b[1m';
    logger.warn({ name }, `odd ${name}`);
    expect(destination.text).toMatch(/^[\x20-\x7e]+\n$/);
    expect(destination.records[0]).toMatchObject({ name, msg: `odd ${name}` });
  });

  it.each([
    ['https://u:p@h/p', 'https://h/p'],
    ['amqp://u@h,redis+tls://:p@h', 'amqp://h,redis+tls://h'],
    ['https://u:p@q@h/p', 'https://h/p'],
    ['https://h/u@p, x@y', 'https://h/u@p, x@y'],
  ])('shows no account in %s', (text, shown) => {
    const { logger, destination } = logging();
    logger.log({ text }, 'x');
    expect(destination.records[0]!.text).toBe(shown);
  });
});

describe('a field', () => {
  it('is read only as far as it can be shown', () => {
    const { logger, destination } = logging();
    let read = 0;
    const leaf = {
      get x() {
        return read++;
      },
    };
    const wide = (inner: object) => Array.from({ length: 100 }, () => inner);
    logger.log({ deep: wide(wide(wide(leaf))) }, 'x');
    expect(destination.messages).toEqual(['x']);
    expect(read).toBeLessThan(2000);
  });

  it('is cut to a kibibyte, with a mark', () => {
    const { logger, destination } = logging();
    logger.log(
      { text: 'x'.repeat(5000), list: Array.from({ length: 90 }, () => 'a long item') },
      'y'.repeat(5000),
    );
    for (const value of ['text', 'list', 'msg'].map((name) => destination.records[0]![name] as string)) {
      expect(value).toHaveLength(1024 + '[...]'.length);
    }
  });

  it('may contain values that JSON cannot', () => {
    const { logger, destination } = logging();
    const round: Record<string, unknown> = {
      big: 10n,
      bytes: Buffer.from('abc'),
      when: new Date(0),
      work: () => 1,
    };
    round.self = round;
    logger.log({ round, set: new Set([1]) }, 'odd');
    expect(destination.records[0]).toMatchObject({
      msg: 'odd',
      round: { big: '10', bytes: '[3 bytes]', when: '1970-01-01T00:00:00.000Z' },
      set: [1],
    });
  });
});

describe('the log file', () => {
  let folder: Folder;
  let path: string;
  beforeEach(() => {
    folder = new Folder();
    path = `${folder.path}/service.log`;
  });
  afterEach(() => folder.remove());

  const read = (file: string) => readFileSync(file, 'utf8');

  it('gets the records, after those of earlier runs', () => {
    folder.write('service.log', 'earlier\n');
    const logger = createLogger(processSettings({ log: { level: 'info', file: path } }));
    logger.log({}, 'here');
    logger.close();
    expect(read(path)).toMatch(/^earlier\n\{.*"msg":"here"\}\n$/);
  });

  it.each(['000', '077'])('is readable by its owner and group, with a umask of %s', (umask) => {
    const before = process.umask(umask);
    try {
      new LogFile(path).close();
      expect(statSync(path).mode & 0o777).toBe(0o640);
    } finally {
      process.umask(before);
    }
  });

  it('keeps the mode of an existing file', () => {
    folder.write('service.log', '', 0o600);
    new LogFile(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is named by its key when it cannot be opened', () => {
    const settings = processSettings({ log: { level: 'info', file: `${folder.path}/missing/service.log` } });
    expect(() => createLogger(settings)).toThrow(/^reflector\.logfile \(BBB_LOG_FILE\): .*ENOENT/);
  });

  it('is reopened after it was renamed or removed', () => {
    const file = new LogFile(path);
    try {
      file.write('one\n');
      file.reopenIfMoved();
      renameSync(path, `${path}.1`);
      file.write('two\n');
      file.reopenIfMoved();
      file.write('three\n');
      rmSync(path);
      file.reopenIfMoved();
      file.write('four\n');
      expect([read(`${path}.1`), read(path)]).toEqual(['one\ntwo\n', 'four\n']);
    } finally {
      file.close();
    }
  });

  it('is reopened on SIGUSR2', () => {
    const file = new LogFile(path);
    try {
      renameSync(path, `${path}.1`);
      process.emit('SIGUSR2');
      file.write('new\n');
      expect([read(`${path}.1`), read(path)]).toEqual(['', 'new\n']);
    } finally {
      file.close();
    }
  });

  it('stays open where it cannot be reopened', () => {
    const file = new LogFile(path);
    try {
      const moved = `${folder.path}.moved`;
      renameSync(folder.path, moved);
      file.reopenIfMoved();
      file.write('still\n');
      expect(read(`${moved}/service.log`)).toBe('still\n');
      renameSync(moved, folder.path);
    } finally {
      file.close();
    }
  });

  it('is still written while its path cannot be examined', () => {
    const file = new LogFile(path);
    try {
      renameSync(path, `${path}.1`);
      symlinkSync(path, path);
      file.reopenIfMoved();
      file.write('still\n');
      rmSync(path);
      file.reopenIfMoved();
      file.write('anew\n');
      expect([read(`${path}.1`), read(path)]).toEqual(['still\n', 'anew\n']);
    } finally {
      file.close();
    }
  });

  it('leaves no listener behind', () => {
    const before = process.listenerCount('SIGUSR2');
    new LogFile(path).close();
    expect(process.listenerCount('SIGUSR2')).toBe(before);
  });

  it('that cannot be opened keeps the service from starting', () => {
    const settings = processSettings({ log: { level: 'info', file: `${folder.path}/none/x.log` } });
    expect(() => createLogger(settings)).toThrow(StartRefused);
  });
});
