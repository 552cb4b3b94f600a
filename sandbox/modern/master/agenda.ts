/** What a process is still to do; nothing is done any more once the process has been killed. */
export class Agenda {
  private readonly timers = new Set<NodeJS.Timeout>();
  private isOver = false;

  /** @returns takes it off the agenda */
  after(seconds: number, act: () => void): () => void {
    if (this.isOver) return () => undefined;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, seconds * 1000);
    this.timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.timers.delete(timer);
    };
  }

  end(): void {
    this.isOver = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}
