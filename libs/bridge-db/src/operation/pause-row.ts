import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A pause of the builders that match a pattern. */
@Entity('bridge_pauses')
export class PauseRow {
  @PrimaryColumn('varchar', { length: 255 })
  builders: string;

  @Column('text')
  reason: string;

  /** Epoch seconds. */
  @Column('double precision')
  since: number;

  @Column('varchar', { length: 255 })
  by: string;
}
