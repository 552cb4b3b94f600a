import type { OpenWebSocket } from '@bbb/http';
import * as z from 'zod';

/** The events that can change what the bridge does: a build has begun, a request has ended, or waits again after RETRY. */
const PATHS = ['builds/*/new', 'buildrequests/*/complete', 'buildrequests/*/unclaimed'];

/** A row of a build or a request; what else is in it is read over REST. */
const eventFrame = z.object({ k: z.string(), m: z.object({ buildrequestid: z.int().min(1) }) });
const answerFrame = z.object({ _id: z.int(), code: z.int() });

/** Milliseconds for the answer to a command, and between two commands to a silent master. */
const ANSWER_TIMEOUT = 20_000;

/** How events end: the master closes the connection, answers nothing for too long, or refuses to send them; or `signal`. */
export type EndOfEvents = 'closed' | 'silent' | 'refused' | 'stopped';

/**
 * Follows the events of one master over an open WebSocket. An event is a hint only: rows in it may be outdated, and events
 * can be lost.
 *
 * @param onFollowing called when the master has confirmed that it sends the events
 * @param onChanged called with the build request that an event is about
 * @param signal ends it
 */
export async function followEvents(
  { socket, close }: OpenWebSocket,
  onFollowing: () => void,
  onChanged: (buildRequestId: number) => void,
  signal: AbortSignal,
): Promise<EndOfEvents> {
  const waiting = new Set(PATHS.map((_, index) => index));
  let isAlive = true;
  const send = (command: object) => socket.send(JSON.stringify(command));
  let timer: NodeJS.Timeout | undefined;
  let stop: () => void = () => undefined;
  try {
    return await new Promise((resolve) => {
      stop = () => resolve('stopped');
      signal.addEventListener('abort', stop);
      socket.addEventListener('close', () => resolve('closed'));
      socket.addEventListener('error', () => resolve('closed'));
      socket.addEventListener('message', ({ data }) => {
        isAlive = true;
        const frame = readFrame(data);
        const event = eventFrame.safeParse(frame);
        if (event.success) return onChanged(event.data.m.buildrequestid);
        const answer = answerFrame.safeParse(frame);
        if (!answer.success) return;
        if (answer.data.code !== 200) return resolve('refused');
        if (waiting.delete(answer.data._id) && waiting.size === 0) onFollowing();
      });
      for (const [_id, path] of PATHS.entries()) send({ cmd: 'startConsuming', path, _id });
      // A connection may be cut without a word, by a firewall that forgets it for example. A master answers a ping, and so
      // proves that it is there.
      timer = setInterval(() => {
        if (!isAlive || waiting.size > 0) return resolve('silent');
        isAlive = false;
        send({ cmd: 'ping', _id: PATHS.length });
      }, ANSWER_TIMEOUT);
    });
  } finally {
    clearInterval(timer);
    // The signal outlives all connections, and would keep what its listeners refer to.
    signal.removeEventListener('abort', stop);
    close();
  }
}

function readFrame(data: unknown): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}
