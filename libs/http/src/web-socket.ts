import { once } from 'node:events';
import type { Dispatcher, WebSocket } from 'undici';
import { openDispatcher } from './open-dispatcher.js';

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
): Promise<WebSocket> {
  // Only a service that needs a WebSocket loads all of undici.
  const { WebSocket } = await import('undici');
  const dispatcher: Dispatcher = await openDispatcher(1);
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { dispatcher, headers });
  socket.addEventListener('close', () => void dispatcher.destroy());
  const opening = new AbortController();
  const timer = setTimeout(() => opening.abort(), timeout);
  try {
    const [event] = (await Promise.race([
      once(socket, 'open', { signal: opening.signal }),
      once(socket, 'error', { signal: opening.signal }),
    ])) as [Event & { error?: unknown }];
    if (event.type === 'error') throw new Error('the WebSocket was refused', { cause: event.error });
    return socket;
  } catch (error) {
    socket.close();
    void dispatcher.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    opening.abort();
  }
}
