import type { Claims } from './claims.js';
import { ClaimsInRequests } from './claims-v6.js';
import { ClaimsInRows } from './claims-v24.js';
import type { SchedulerSchema } from './schema.js';

export function claimsOf(schema: SchedulerSchema, lifetime?: number): Claims {
  return schema === 6 ? new ClaimsInRequests(lifetime) : new ClaimsInRows(lifetime);
}
