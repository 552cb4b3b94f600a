import type { Telemetry } from '@bbb/rules';
import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'typeorm';

/**
 * Replaces TypeORM's own logger, which writes to the console, whatever its settings, when a migration fails. Failures
 * reach the log as errors already, so only the pools' warnings about lost connections are logged. Also counts every
 * round trip to the database.
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
