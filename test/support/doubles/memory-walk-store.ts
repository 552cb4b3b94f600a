import { type AbsenceCount, type OfferedWalk, WalkStore } from '@bbb/rules';

/** The walk that is offered, in memory. */
export class MemoryWalkStore extends WalkStore {
  offered: OfferedWalk | undefined;

  override async read(): Promise<OfferedWalk | undefined> {
    return this.offered && { ...this.offered };
  }

  override async offer(pass: number, rest: string, now: number, patience: number): Promise<boolean> {
    const known = this.offered;
    if (known && known.rest !== null && Math.abs(now - known.takenAt) <= patience) return false;
    this.offered = { pass, rest, parts: 0, seen: 0, missing: 0, takenAt: now };
    return true;
  }

  override async take(
    { pass, rest }: Pick<OfferedWalk, 'pass' | 'rest'>,
    next: string | null,
    now: number,
  ): Promise<boolean> {
    const known = this.offered;
    if (known?.pass !== pass || known.rest !== rest) return false;
    this.offered = { ...known, rest: next, parts: known.parts + 1, takenAt: now };
    return true;
  }

  override async count(pass: number, { seen, missing }: AbsenceCount): Promise<void> {
    const known = this.offered;
    if (known?.pass !== pass) return;
    this.offered = {
      ...known,
      parts: known.parts - 1,
      seen: known.seen + seen,
      missing: known.missing + missing,
    };
  }
}
