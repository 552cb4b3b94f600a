import { randomBytes } from 'node:crypto';

/** Patterns of identifiers; what does not match is refused with 400. */
export const PATTERNS = {
  taskId: /^[A-Za-z0-9_-]{8}[Q-T][A-Za-z0-9_-][CGKOSWaeimquy26-][A-Za-z0-9_-]{10}[AQgw]$/,
  runId: /^[1-9]*[0-9]+$/,
  taskQueueId: /^[a-zA-Z0-9-_]{1,38}\/[a-z]([-a-z0-9]{0,36}[a-z0-9])?$/,
  provisionerId: /^[a-zA-Z0-9-_]{1,38}$/,
  workerType: /^[a-z]([-a-z0-9]{0,36}[a-z0-9])?$/,
  schedulerId: /^[a-zA-Z0-9-_]{1,38}$/,
  projectId: /^[a-zA-Z0-9._/-]{1,500}$/,
  workerGroup: /^[a-zA-Z0-9-_]{1,38}$/,
  workerId: /^[a-zA-Z0-9-_]{1,38}$/,
  name: /^[\x20-\x7e]+$/,
  scope: /^[ -~]*$/,
} as const;

/** A fresh identifier in the queue's form: a version 4 UUID in URL-safe base64, as text of 22 characters. */
export function slugid(): string {
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('base64url');
}
