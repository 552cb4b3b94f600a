import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Longest error text that is kept, in characters; the column would hold more. */
export const ERROR_LENGTH = 8000;

/**
 * A message kept because it could not be handled. `nextAttempt` is also its reservation: the instance that moves
 * it ahead has the message until then. Times are epoch seconds with fractions, because a retry may be due in less than a second.
 */
@Entity('messages')
@Index('bridge_ix_messages_due', ['state', 'subscription', 'nextAttempt', 'id'])
export class MessageRow {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id: number;

  @Column('varchar', { length: 16 })
  state: 'parked' | 'quarantined';

  @Column('varchar', { length: 64 })
  subscription: string;

  @Column('varchar', { length: 255 })
  exchange: string;

  @Column('varchar', { length: 255 })
  routingKey: string;

  @Column('text')
  body: string;

  @Column('text')
  error: string;

  @Column('integer')
  attempts: number;

  @Column('double precision')
  receivedAt: number;

  @Column('double precision', { nullable: true })
  nextAttempt: number | null;
}
