import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a turn at recurring work was last taken (epoch seconds). */
@Entity('bridge_turns')
export class TurnRow {
  @PrimaryColumn('varchar', { length: 64 })
  name: string;

  @Column('double precision')
  takenAt: number;
}
