/** A call as the fault hook and the call log see it. */
export interface Call {
  /** The API's method name, for example `claimTask`; `putContent` for an upload to a putUrl. */
  method: string;
  taskId?: string;
  runId?: number;
  name?: string;
  clientId?: string;
  /** How many calls of this method came before. */
  nth: number;
}

/**
 * What goes wrong with a call:
 * pass              - nothing
 * hang              - no effect, and no answer until the simulator stops
 * reset             - no effect, the connection is cut
 * effect-then-500, effect-then-hang, effect-then-reset - the same after the effect
 * html              - no effect, a web page with status 200, as a proxy in maintenance answers
 * redirect          - no effect, a redirect to a login page
 * broken-json       - the effect, and half of the answer's JSON
 * {status, code?, message?, effect?} - this answer in the API's form, with or without the effect
 * {page}           - no effect, a web page with this status, as a proxy or another web server answers
 * {foreign}        - no effect, any other answer that is not Taskcluster's
 * {reply}           - no effect, this JSON with status 200
 */
export type Fault =
  | 'pass'
  | 'hang'
  | 'reset'
  | 'effect-then-500'
  | 'effect-then-hang'
  | 'effect-then-reset'
  | 'html'
  | 'redirect'
  | 'broken-json'
  | { status: number; code?: string; message?: string; effect?: boolean }
  | { page: number }
  | { foreign: { status: number; type: string; text: string } }
  | { reply: unknown };

export type FaultHook = (call: Call) => Fault;

/** The calls that came, in order, with the status each was answered with (0: none). */
export class CallLog {
  readonly entries: (Call & { status: number })[] = [];
  private readonly counts = new Map<string, number>();

  /** @param capacity how many of the latest entries are kept; counts are of all */
  constructor(private readonly capacity = 10_000) {}

  count(method: string): number {
    return this.counts.get(method) ?? 0;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  begin(call: Omit<Call, 'nth'>): Call & { status: number } {
    const nth = this.count(call.method);
    this.counts.set(call.method, nth + 1);
    const entry = { ...call, nth, status: 0 };
    this.entries.push(entry);
    if (this.entries.length > this.capacity) this.entries.shift();
    return entry;
  }

  of(method: string): (Call & { status: number })[] {
    return this.entries.filter((entry) => entry.method === method);
  }

  clear(): void {
    this.entries.length = 0;
    this.counts.clear();
  }
}
