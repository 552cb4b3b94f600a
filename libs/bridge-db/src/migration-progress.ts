import type { QueryRunner } from 'typeorm';

/** What a run of migrations is doing. */
export interface MigrationStep {
  what: string;
  /** Migrations of this run that are done. */
  done: number;
  total: number;
}

export type ReportStep = (step: MigrationStep) => void;

export const reportNothing: ReportStep = () => undefined;

/** Reports a migration that begins; it can add detail with {@link reportDetail}. */
export function reportMigration(runner: QueryRunner, report: ReportStep, step: MigrationStep): void {
  report(step);
  runner.data.reportDetail = (detail: string) => report({ ...step, what: `${step.what}, ${detail}` });
}

/** Adds to what is reported of the migration that runs on this connection, for example the number of rows that it copies. */
export function reportDetail(runner: QueryRunner, detail: string): void {
  (runner.data.reportDetail as ((detail: string) => void) | undefined)?.(detail);
}
