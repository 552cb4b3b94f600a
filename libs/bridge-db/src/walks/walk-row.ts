import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The walk over the tracked tasks that a reflector offers to all: one row. Times are epoch seconds. */
@Entity('bridge_walks')
export class WalkRow {
  @PrimaryColumn('integer')
  id: number;

  @Column('double precision')
  pass: number;

  @Column('varchar', { length: 255, nullable: true })
  rest: string | null;

  @Column('integer')
  parts: number;

  @Column('integer')
  seen: number;

  @Column('integer')
  missing: number;

  @Column('double precision')
  takenAt: number;
}
