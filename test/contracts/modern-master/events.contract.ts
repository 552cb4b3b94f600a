import { describe, expect, it } from '@jest/globals';
import { openWebSocket } from '@bbb/http';
import { eventually } from '../../support/eventually.js';
import { MASTER_TIMEOUT_MS, type MasterUnderTest, withMaster } from '../../support/real-buildbot/masters.js';

interface Frame {
  k?: string;
  m?: { buildrequestid?: number };
  _id?: number;
  code?: number;
  msg?: string;
}

/** Events that say something new about a request; a build has updates as well. */
const NAMES = /\/(?:new|claimed|unclaimed|finished|complete|cancel)$/;

/** Answers to commands; events of other builds may come among them. */
function answersIn(frames: readonly Frame[]): readonly Frame[] {
  return frames.filter(({ code }) => code !== undefined);
}

/** What a modern master sends over its WebSocket, as far as the bridge depends on it. */
export function describeEventFacts(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`events: ${name}`, () => {
    const found = withMaster(start);

    /** Sends commands, and gives the body what comes, once each is answered. */
    async function converse(
      commands: readonly object[],
      body: (frames: readonly Frame[]) => Promise<void>,
    ): Promise<void> {
      const { socket, close } = await openWebSocket(`${found.master.url}/ws`, {}, MASTER_TIMEOUT_MS);
      const frames: Frame[] = [];
      socket.addEventListener('message', ({ data }) => frames.push(JSON.parse(String(data)) as Frame));
      for (const command of commands) socket.send(JSON.stringify(command));
      await eventually(() => expect(answersIn(frames)).toHaveLength(commands.length), 60);
      await body(frames);
      close();
    }

    /** Gives the body a function that lists the events of one request, without ids. */
    function follow(body: (eventsOf: (id: number) => string[]) => Promise<void>): Promise<void> {
      const paths = ['buildrequests/*/*', 'builds/*/*'];
      const commands = paths.map((path, _id) => ({ cmd: 'startConsuming', path, _id }));
      return converse(commands, (frames) =>
        body((id) =>
          frames.flatMap(({ k = '', m }) =>
            m?.buildrequestid === id && NAMES.test(k) ? [k.replace(/\/\d+/, '')] : [],
          ),
        ),
      );
    }

    it('each command is answered with its id and a code', async () => {
      const commands = [
        { cmd: 'startConsuming', path: 'builds/*/new', _id: 1 },
        { cmd: 'startConsuming', path: 'builds/*/new', _id: 2 },
        { cmd: 'ping', _id: 3 },
        { cmd: 'stopConsuming', path: 'builds/*/new', _id: 4 },
        { cmd: 'stopConsuming', path: 'builds/*/new', _id: 5 },
        { cmd: 'nosuch', _id: 6 },
        { cmd: 'startConsuming', _id: 7 },
        { cmd: 'startConsuming', path: 8, _id: 8 },
        { cmd: 'ping' },
      ];
      await converse(commands, async (frames) => {
        expect(answersIn(frames).map(({ _id, code, msg }) => [_id, code, msg])).toEqual([
          [1, 200, 'OK'],
          [2, 200, 'OK'],
          [3, 200, 'pong'],
          [4, 200, 'OK'],
          [5, 400, undefined],
          [6, 404, undefined],
          [7, 400, undefined],
          [8, 400, undefined],
          [null, 400, undefined],
        ]);
      });
    });

    it('a build is announced, and ends before its request', () =>
      follow(async (eventsOf) => {
        const id = await found.calls.force('good');
        await eventually(
          () =>
            expect(eventsOf(id)).toEqual([
              ...['buildrequests/new', 'buildrequests/claimed', 'builds/new'],
              ...['builds/finished', 'buildrequests/complete'],
            ]),
          60,
        );
      }));

    it('a build that ends in RETRY makes its request unclaimed, and another one is announced', () =>
      follow(async (eventsOf) => {
        const id = await found.calls.force('retry');
        const attempt = ['buildrequests/claimed', 'builds/new', 'builds/finished'];
        await eventually(
          () =>
            expect(eventsOf(id)).toEqual([
              ...['buildrequests/new', ...attempt, 'buildrequests/unclaimed'],
              ...[...attempt, 'buildrequests/unclaimed', ...attempt, 'buildrequests/complete'],
            ]),
          60,
        );
      }));

    it('a request that is cancelled while it waits is complete, without a build', () =>
      follow(async (eventsOf) => {
        const id = await found.calls.force('unserved');
        await found.calls.cancelUntilComplete(id);
        await eventually(() => expect(eventsOf(id)).toContain('buildrequests/complete'), 60);
        // A claim, and before 4.0 an event of its own for the cancellation.
        expect(eventsOf(id).filter((event) => !/claimed|cancel/.test(event))).toEqual([
          ...['buildrequests/new', 'buildrequests/complete'],
        ]);
      }));
  });
}
