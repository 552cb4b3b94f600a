export interface SchedulerDbOptions {
  /** In SQLAlchemy's form. */
  url: string;
  poolSize: number;
  /** Seconds. */
  connectTimeout: number;
  /** Seconds that a call waits for another one's work on the same task; 10 unless told. */
  lockTimeout?: number;
  /** Seconds that a server may take over one round trip, besides waiting for a lock; 20 unless told. */
  answerTimeout?: number;
}
