/** Entries by the time they fall due, earliest first: a binary heap, so that many tasks stay cheap. */
export class DueList<T> {
  private readonly heap: { due: number; entry: T }[] = [];

  get next(): number | undefined {
    return this.heap[0]?.due;
  }

  add(due: number, entry: T): void {
    const { heap } = this;
    let at = heap.push({ due, entry }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.due <= due) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = { due, entry };
  }

  /** Takes the earliest entry if it is due. */
  take(now: number): T | undefined {
    const { heap } = this;
    const first = heap[0];
    if (!first || first.due > now) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) this.sink(last);
    return first.entry;
  }

  private sink(node: { due: number; entry: T }): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.due < heap[child]!.due) child += 1;
      if (heap[child]!.due >= node.due) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = node;
  }
}
