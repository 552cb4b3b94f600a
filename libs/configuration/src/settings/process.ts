import type { ServiceName } from '../configuration.js';
import { listeningHost, listeningPort, createChoice, seconds, text } from '../kinds.js';
import type { DefaultContext, Settings } from '../setting.js';

const HEALTH_PORTS: Record<ServiceName, number> = {
  'tc-listener': 8081,
  'bb-listener': 8082,
  reflector: 8083,
};

// Settings of every process.

export const http: Settings['http'] = {
  host: {
    keys: ['<service>.http_host'],
    kind: listeningHost,
    default: '127.0.0.1',
    doc: 'Address on which health and metrics are served.',
  },
  port: {
    keys: ['<service>.http_port'],
    kind: listeningPort,
    default: ({ service }) => HEALTH_PORTS[service],
    defaultDoc: '8081 for tc-listener, 8082 for bb-listener, 8083 for reflector',
    doc: 'Port on which health and metrics are served.',
  },
};

export const page: Settings['page'] = {
  access: {
    keys: ['page.access'],
    kind: createChoice('loopback', 'on', 'off'),
    default: 'loopback',
    doc: 'Where the reflector serves the page for operators beside health and metrics: loopback (only if reflector.http_host is a loopback address), on (also on other addresses; everybody who reaches the port can read it) or off.',
  },
};

export const shutdown: Settings['shutdown'] = {
  grace: {
    keys: ['shutdown_grace'],
    kind: seconds,
    default: 25,
    doc: 'Maximum seconds for a graceful shutdown.',
  },
};

/** Default of the time limits that must be shorter than the shutdown, as a value and in words. */
export const limitToGrace = ({ grace }: DefaultContext) => Math.min(20, 0.8 * grace);
export const WITHIN_GRACE = '20, or four fifths of shutdown_grace where that is less';

export const log: Settings['log'] = {
  file: {
    keys: ['<service>.logfile'],
    kind: text,
    example: 'reflector.log',
    defaultDoc: 'none: standard output',
    doc: 'Path of the log file; reopened on SIGUSR2 and after it was renamed or removed.',
  },
  level: {
    keys: ['log_level'],
    kind: createChoice('debug', 'info', 'warn', 'error'),
    default: 'info',
    doc: 'Minimum log level: debug, info, warn or error.',
  },
};
