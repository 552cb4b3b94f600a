import { Inject, Injectable } from '@nestjs/common';
import { BridgeDb, JournalTable, KeptMessages, PassStoreSql, PauseStoreSql } from '@bbb/bridge-db';
import { listInstances, OPERATION_SYSTEMS, type OperationSystems } from '@bbb/operation';
import { catchError, distinctUntilChanged, exhaustMap, from, type Observable, of, share, timer } from 'rxjs';

/** Milliseconds between two looks whether anything has changed; only while somebody watches. */
const LOOK_EVERY = 2000;

/** Tells those who watch a page that something has changed; one look serves all of them. */
@Injectable()
export class PageChanges {
  /** A text that is another one after each change. */
  readonly states: Observable<string> = timer(0, LOOK_EVERY).pipe(
    // While the database is unavailable nothing is told; the pages themselves say so.
    exhaustMap(() => from(this.readState()).pipe(catchError(() => of('unavailable')))),
    distinctUntilChanged(),
    share(),
  );

  constructor(
    private readonly db: BridgeDb,
    @Inject(OPERATION_SYSTEMS) private readonly systems: OperationSystems,
  ) {}

  private async readState(): Promise<string> {
    const { db } = this;
    const messages = new KeptMessages(db);
    const [{ entries }, tracked, parked, quarantined, passes, pauses, instances] = await Promise.all([
      new JournalTable(db).page({}, 1),
      this.systems.tasks.count(),
      messages.count('parked', {}),
      messages.count('quarantined', {}),
      new PassStoreSql(db).read(),
      new PauseStoreSql(db).list(),
      listInstances(this.systems),
    ]);
    const states = instances.map(({ id, health }) => [id, health]);
    return JSON.stringify([entries.at(0)?.id, tracked, parked, quarantined, passes, pauses, states]);
  }
}
