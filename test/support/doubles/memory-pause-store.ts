import { type Pause, PauseStore } from '@bbb/rules';

/** Pauses in memory. */
export class MemoryPauseStore extends PauseStore {
  pauses: Pause[] = [];

  override async list(): Promise<Pause[]> {
    return [...this.pauses];
  }

  override async add(pause: Pause): Promise<void> {
    await this.remove(pause.builders);
    this.pauses.push(pause);
  }

  override async remove(builders?: string): Promise<Pause[]> {
    const ended = this.pauses.filter((pause) => builders === undefined || pause.builders === builders);
    this.pauses = this.pauses.filter((pause) => !ended.includes(pause));
    return ended;
  }
}
