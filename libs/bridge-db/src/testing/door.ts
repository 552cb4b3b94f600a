import { connect, createServer, type Server, type Socket } from 'node:net';

/** A port in front of a database, which can be shut: then it hangs up on everybody. */
export class Door {
  open = false;
  knocks = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(private readonly target: string) {
    const { hostname, port } = new URL(target);
    this.server = createServer((near) => {
      this.knocks++;
      if (!this.open) return near.destroy();
      const far = connect(Number(port), hostname);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => (near.destroy(), far.destroy()));
      }
      near.pipe(far).pipe(near);
    });
  }

  async url(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as { port: number }).port);
    return url.href;
  }

  slam(): void {
    this.open = false;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  async close(): Promise<void> {
    this.slam();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
