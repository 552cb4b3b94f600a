import { isFull } from './campaign.js';
import { type DatabaseKind, isUsable } from './databases.js';
import type { SchedulerEngine, SchedulerVersion } from './scheduler-schema.js';
import { describeEach } from './servers.js';

type SchedulerDbCase = readonly [DatabaseKind, SchedulerVersion, SchedulerEngine | ''];

/** Every kind of database, every schema; MySQL's schema 6 on MyISAM, as Mozilla's production had it. */
const USUAL: readonly SchedulerDbCase[] = [
  ['sqlite', 6, ''],
  ['sqlite', 24, ''],
  ['mysql', 6, 'MyISAM'],
  ['mysql', 24, 'InnoDB'],
  ['postgres', 24, ''],
];

/** What only the campaigns add. */
const FURTHER: readonly SchedulerDbCase[] = [
  ['mysql', 6, 'InnoDB'],
  ['postgres', 6, ''],
];

/** `describe.each` over scheduler databases. */
export const describeSchedulerDbs = describeEach(isFull ? [...USUAL, ...FURTHER] : USUAL, isUsable);
