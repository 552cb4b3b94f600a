import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Dispatcher, WebSocket } from 'undici';
import { openDispatcher } from './open-dispatcher.js';

export interface OpenWebSocket {
  socket: WebSocket;
  /** Ends the connection, without waiting for the other side. */
  close: () => void;
}

/**
 * Opens a WebSocket; proxies and certificate authorities come from the environment.
 *
 * @param url with http or https
 * @param timeout milliseconds until it must be open
 * @throws Error when it could not be opened in time; also when the server refuses it
 */
export async function openWebSocket(
  url: string,
  headers: Record<string, string>,
  timeout: number,
): Promise<OpenWebSocket> {
  // Only a service that needs a WebSocket loads all of undici. In its bundle, a CommonJS package has only a default export.
  const { default: undici } = await import('undici');
  const dispatcher = await openDispatcher(1);
  let connection: Socket | undefined;
  class NotingHandler extends undici.DecoratorHandler {
    constructor(private readonly handler: Dispatcher.DispatchHandler) {
      super(handler);
    }

    onRequestUpgrade(
      ...given: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestUpgrade']>>
    ): void {
      connection = given[3] as Socket;
      this.handler.onRequestUpgrade?.(...given);
    }
  }
  const noting = dispatcher.compose(
    (dispatch) => (options, handler) => dispatch(options, new NotingHandler(handler)),
  );
  const socket = new undici.WebSocket(url.replace(/^http/, 'ws'), { dispatcher: noting, headers });
  const close = () => {
    socket.close();
    // The WebSocket waits for the answer to its last frame, and the dispatcher no longer has the connection.
    connection?.destroySoon();
    void dispatcher.destroy();
  };
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(), timeout);
  try {
    const [event] = (await Promise.race([
      once(socket, 'open', { signal: opening.signal }),
      once(socket, 'error', { signal: opening.signal }),
    ])) as [Event & { error?: unknown }];
    if (event.type === 'error') throw new Error('the WebSocket was refused', { cause: event.error });
    return { socket, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(timer);
    opening.abort();
  }
}
