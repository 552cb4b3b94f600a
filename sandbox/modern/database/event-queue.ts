import type { BuildRow, BuildsetRow, RequestRow } from './rows.js';

interface EventRows {
  builds: BuildRow;
  buildrequests: RequestRow;
  buildsets: BuildsetRow;
}

/** The paths of an event about a row, without its last part, the event's name. */
const PATHS: { [Kind in keyof EventRows]: (row: EventRows[Kind]) => readonly (string | number)[][] } = {
  builds: ({ buildid, builderid, workerid, number }) => [
    ['builders', builderid, 'builds', number],
    ['builds', buildid],
    ['workers', workerid, 'builds', buildid],
  ],
  buildrequests: ({ buildrequestid: id, buildsetid, builderid }) => [
    ['buildsets', buildsetid, 'builders', builderid, 'buildrequests', id],
    ['buildrequests', id],
    ['builders', builderid, 'buildrequests', id],
  ],
  buildsets: ({ bsid }) => [['buildsets', bsid]],
};

export type EventListener = (path: readonly string[], row: object) => void;

/** The message queue of a master: an event reaches who listens at that moment, and nobody later. */
export class EventQueue {
  private readonly listeners = new Set<EventListener>();

  /** @returns ends the listening */
  listen(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  produce<Kind extends keyof EventRows>(kind: Kind, row: EventRows[Kind], event: string): void {
    if (this.listeners.size === 0) return;
    for (const path of PATHS[kind](row))
      for (const listener of this.listeners) listener([...path.map(String), event], row);
  }
}
