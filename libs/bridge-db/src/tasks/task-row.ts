import { Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/**
 * A row of `tasks`: the original's table with the original's column names, and what was added to them (`id`,
 * `buildId`, `missingSince`, `rev`). Times are epoch seconds. The migrations make the table, never TypeORM.
 */
@Entity('tasks')
@Unique('bridge_uc_tasks_taskId', ['taskId'])
@Index('bridge_ix_tasks_buildrequestId', ['buildRequestId'])
@Index('bridge_ix_tasks_takenUntil', ['takenUntil', 'id'])
export class TaskRow {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id: number;

  @Column('integer', { name: 'buildrequestId', nullable: true })
  buildRequestId: number | null;

  @Column('varchar', { length: 32 })
  taskId: string;

  @Column('integer')
  runId: number;

  @Column('integer', { nullable: true })
  createdDate: number | null;

  @Column('integer', { nullable: true })
  processedDate: number | null;

  @Column('integer', { nullable: true })
  takenUntil: number | null;

  @Column('integer', { nullable: true })
  buildId: number | null;

  @Column('integer', { nullable: true })
  missingSince: number | null;

  @Column('integer', { default: 0 })
  rev: number;
}
