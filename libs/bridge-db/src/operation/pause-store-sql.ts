import { type Pause, PauseStore } from '@bbb/rules';
import { In } from 'typeorm';
import type { Database } from '../database.js';
import { PauseRow } from './pause-row.js';

/** The `bridge_pauses` table. */
export class PauseStoreSql extends PauseStore {
  constructor(private readonly db: Database) {
    super();
  }

  async list(): Promise<Pause[]> {
    const rows = await this.db.run((source) => source.manager.find(PauseRow, { order: { since: 'ASC' } }));
    return rows.map((row) => ({ ...row }));
  }

  async add(pause: Pause): Promise<void> {
    await this.db.run((source) => source.manager.upsert(PauseRow, pause, ['builders']));
  }

  async remove(builders?: string): Promise<Pause[]> {
    const ended = (await this.list()).filter(
      (pause) => builders === undefined || pause.builders === builders,
    );
    const names = ended.map((pause) => pause.builders);
    if (names.length > 0)
      await this.db.run((source) => source.manager.delete(PauseRow, { builders: In(names) }));
    return ended;
  }
}
