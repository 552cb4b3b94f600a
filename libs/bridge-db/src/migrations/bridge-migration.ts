import type { MigrationInterface } from 'typeorm';

/** A step of the schema. Both directions may be cut off anywhere and run again. */
export interface BridgeMigration extends MigrationInterface {
  readonly name: string;
  /** The first version of the program that has it: earlier ones need it reverted. */
  readonly since: string;
}
