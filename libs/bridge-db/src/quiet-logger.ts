import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'typeorm';

/**
 * TypeORM's own logger writes to the console past every setting when a migration fails. Failures reach our log as
 * errors already; what is left are the warnings of the drivers' pools about connections they lost.
 */
export class QuietLogger implements Logger {
  private readonly logger = new NestLogger('BridgeDb');

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.logger.warn({ reason: String(message) }, 'warning of the database driver');
  }

  logQuery(): void {}

  logQueryError(): void {}

  logQuerySlow(): void {}

  logSchemaBuild(): void {}

  logMigration(): void {}
}
