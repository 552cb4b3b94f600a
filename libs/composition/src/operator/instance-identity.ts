import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** What tells this process from others, for people. */
export interface InstanceIdentity {
  host: string;
  pid: number;
}

export function readIdentity(): InstanceIdentity {
  return { host: hostname(), pid: process.pid };
}

/** A new id for an instance: unique also when process ids repeat, as they do in containers. */
export function createInstanceId(service: string, { host, pid }: InstanceIdentity): string {
  return `${service}@${host}:${pid}-${randomBytes(4).toString('hex')}`.slice(-128);
}
