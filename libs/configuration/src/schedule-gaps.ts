import { CronTime } from 'cron';
import type { Schedule } from './configuration.js';

/** Dates of a cron schedule that are examined for its gaps. */
const SAMPLE = 50;

/** Seconds between two passes, at least and at most. */
export interface ScheduleGaps {
  least: number;
  most: number;
}

/** The shortest and the longest time between two passes of a schedule. */
export function measureGaps(schedule: Schedule): ScheduleGaps {
  if ('everySeconds' in schedule) return { least: schedule.everySeconds, most: schedule.everySeconds };
  const dates = new CronTime(schedule.cron).sendAt(SAMPLE).map((date) => date.toSeconds());
  const gaps = dates.slice(1).map((date, index) => date - dates[index]!);
  return { least: Math.min(...gaps), most: Math.max(...gaps) };
}
