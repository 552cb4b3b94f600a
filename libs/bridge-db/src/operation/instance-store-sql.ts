import { type Instance, InstanceStore } from '@bbb/rules';
import { LessThan } from 'typeorm';
import type { Database } from '../database.js';
import { InstanceRow } from './instance-row.js';

/** The `bridge_instances` table. */
export class InstanceStoreSql extends InstanceStore {
  constructor(private readonly db: Database) {
    super();
  }

  async report({ problems, ...instance }: Instance): Promise<void> {
    const row: InstanceRow = { ...instance, problems: JSON.stringify(problems) };
    await this.db.run((source) => source.manager.upsert(InstanceRow, row, ['id']));
  }

  async remove(id: string): Promise<void> {
    await this.db.run((source) => source.manager.delete(InstanceRow, { id }));
  }

  async removeSilentSince(time: number): Promise<void> {
    await this.db.run((source) => source.manager.delete(InstanceRow, { seenAt: LessThan(time) }));
  }

  async list(): Promise<Instance[]> {
    const rows = await this.db.run((source) =>
      source.manager.find(InstanceRow, { order: { service: 'ASC', host: 'ASC', startedAt: 'ASC' } }),
    );
    return rows.map(({ problems, ...row }) => ({ ...row, problems: readTexts(problems) }));
  }
}

function readTexts(json: string): string[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [json];
  }
}
