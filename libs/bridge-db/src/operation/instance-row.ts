import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A process of a service, as it last reported itself. Times are epoch seconds. */
@Entity('bridge_instances')
export class InstanceRow {
  @PrimaryColumn('varchar', { length: 128 })
  id: string;

  @Column('varchar', { length: 32 })
  service: string;

  @Column('varchar', { length: 255 })
  host: string;

  @Column('integer')
  pid: number;

  @Column('varchar', { length: 64 })
  version: string;

  @Column('double precision')
  startedAt: number;

  @Column('double precision')
  seenAt: number;

  @Column('double precision', { nullable: true })
  lastPassAt: number | null;

  @Column('double precision', { nullable: true })
  lastMessageAt: number | null;

  /** A JSON array of texts. */
  @Column('text')
  problems: string;
}
