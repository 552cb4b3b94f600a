import type { Telemetry } from '@bbb/rules';
import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'typeorm';

/**
 * TypeORM's own logger writes to the console past every setting when a migration fails. Failures reach our log as
 * errors already; what is left are the warnings of the drivers' pools about connections they lost. Besides, every
 * round trip to the database is counted.
 */
export class DriverLogger implements Logger {
  private readonly logger = new NestLogger('Database');

  /** @param database as `bridge-db` or `scheduler-db` */
  constructor(
    private readonly database: string,
    private readonly telemetry?: Telemetry,
  ) {}

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level !== 'warn') return;
    this.logger.warn({ database: this.database, reason: String(message) }, 'database driver warning');
  }

  logQuery(): void {
    this.telemetry?.count('sql_round_trips_total', { database: this.database });
  }

  logQueryError(): void {}

  logQuerySlow(): void {}

  logSchemaBuild(): void {}

  logMigration(): void {}
}
