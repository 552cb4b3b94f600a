import { type Absence, type PassState, PassStore } from '@bbb/rules';

/** What the last passes found, in memory. */
export class MemoryPassStore extends PassStore {
  state: PassState = { seen: 0, missing: 0, doubtedSince: null, confirmedMissing: null, finishedAt: null };

  override async read(): Promise<PassState> {
    return this.state;
  }

  override async changeAbsence(judge: (known: Absence) => Absence): Promise<Absence> {
    const next = judge(this.state);
    this.state = { ...this.state, ...next };
    return next;
  }

  override async noteFinished(now: number): Promise<void> {
    this.state = { ...this.state, finishedAt: now };
  }

  override async confirmMissing(missing: number): Promise<boolean> {
    if (this.state.doubtedSince === null || this.state.missing !== missing) return false;
    this.state = { ...this.state, confirmedMissing: missing, doubtedSince: null };
    return true;
  }
}
