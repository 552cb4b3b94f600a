import type { EventQueue } from '../database/event-queue.js';
import { writeJson } from './json.js';

type Frame = Record<string, unknown>;

/** The commands of a master's WebSocket, of one connection: what Buildbot's `www/ws.py` answers and sends. */
export class EventSubscriber {
  private readonly paths = new Set<string>();
  private readonly end: () => void;

  constructor(
    queue: EventQueue,
    private readonly send: (text: string) => void,
  ) {
    this.end = queue.listen((path, row) => {
      for (const wanted of this.paths)
        if (matches(wanted.split('/'), path)) this.write({ k: path.join('/'), m: row });
    });
  }

  /** Events are sent no more. */
  stop(): void {
    this.end();
  }

  /** @throws SyntaxError when the text is no JSON */
  take(text: string): void {
    const { _id, cmd, ...given } = JSON.parse(text) as Frame;
    if (_id === undefined || _id === null)
      return this.refuse("no '_id' or 'type' in websocket frame", 400, null);
    if (cmd === undefined || cmd === null) return this.refuse("no 'cmd' in websocket frame", 400, _id);
    const names = Object.keys(given);
    const wanted = cmd === 'ping' ? [] : ['path'];
    if (cmd !== 'ping' && cmd !== 'startConsuming' && cmd !== 'stopConsuming')
      return this.refuse(`no such command type '${JSON.stringify(cmd)}'`, 404, _id);
    if (names.join() !== wanted.join())
      return this.refuse(`Invalid method argument 'cmd_${cmd}() got ${names.join()}'`, 400, _id);
    if (cmd === 'ping') return this.write({ msg: 'pong', code: 200, _id });
    const { path } = given;
    if (typeof path !== 'string') return this.refuse(`invalid path format '${String(path)}'`, 400, _id);
    if (cmd === 'startConsuming') this.paths.add(path);
    else if (!this.paths.delete(path)) return this.refuse(`path was not consumed '${path}'`, 400, _id);
    this.write({ msg: 'OK', code: 200, _id });
  }

  private refuse(error: string, code: number, _id: unknown): void {
    this.write({ error, code, _id });
  }

  private write(frame: object): void {
    this.send(writeJson(frame));
  }
}

/** A star stands for any one part. */
function matches(wanted: readonly string[], path: readonly string[]): boolean {
  return wanted.length === path.length && wanted.every((part, at) => part === '*' || part === path[at]);
}
