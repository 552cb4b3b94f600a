import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the last passes of the reflectors found: one row. Times are epoch seconds. */
@Entity('bridge_passes')
export class PassRow {
  @PrimaryColumn('integer')
  id: number;

  @Column('integer')
  seen: number;

  @Column('integer')
  missing: number;

  @Column('double precision', { nullable: true })
  doubtedSince: number | null;

  @Column('integer', { nullable: true })
  confirmedMissing: number | null;

  @Column('double precision', { nullable: true })
  finishedAt: number | null;
}
