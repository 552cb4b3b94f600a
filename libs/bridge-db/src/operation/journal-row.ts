import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A decision that acted or changed something. The migrations make the table, never TypeORM. */
@Entity('bridge_journal')
@Index('bridge_ix_journal_taskId', ['taskId', 'id'])
@Index('bridge_ix_journal_at', ['at'])
export class JournalRow {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id: number;

  /** Epoch seconds. */
  @Column('double precision')
  at: number;

  @Column('varchar', { length: 32 })
  taskId: string;

  @Column('integer', { nullable: true })
  runId: number | null;

  @Column('integer', { nullable: true })
  buildRequestId: number | null;

  @Column('varchar', { length: 255 })
  event: string;

  @Column('varchar', { length: 32 })
  verdict: string;

  @Column('varchar', { length: 255 })
  cause: string;

  @Column('varchar', { length: 16 })
  run: string;

  @Column('varchar', { length: 16 })
  request: string;

  /** A JSON object. */
  @Column('text')
  details: string;

  /** Seconds. */
  @Column('double precision')
  duration: number;

  @Column('varchar', { length: 32 })
  service: string;

  @Column('varchar', { length: 255 })
  instance: string;
}
