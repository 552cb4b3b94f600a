/** Runs pieces of asynchronous work one after the other, in the order they came. */
export class OneAtATime {
  private turn: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }
}
