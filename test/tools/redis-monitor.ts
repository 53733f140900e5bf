import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * Tells every command that a Redis server is given. Not ioredis' own `monitor()`: a command that comes in one piece with the server's consent finds it not yet
 * listening, and ends the process.
 */
export class RedisMonitor {
  private constructor(private readonly socket: Socket) {}

  /** Resolves when it listens. @param onCommand its name and arguments, as the server shows them */
  static async open(
    { host, port }: { readonly host: string; readonly port: number },
    onCommand: (command: string, ...args: readonly string[]) => void,
  ): Promise<RedisMonitor> {
    const socket = connect({ host, port });
    await once(socket, 'connect');
    const lines = createInterface({ input: socket });
    const consent = new Promise<void>((resolve, reject) => {
      lines.once('line', (line) => (line === '+OK' ? resolve() : reject(new Error(`MONITOR was answered: ${line}`))));
    });
    lines.on('line', (line) => {
      const [command, ...args] = [...line.matchAll(/"((?:\\.|[^"\\])*)"/g)].map((match) => match[1] ?? '');
      if (command !== undefined) onCommand(command, ...args);
    });
    socket.write('MONITOR\r\n');
    await consent;
    return new RedisMonitor(socket);
  }

  close(): void {
    this.socket.destroy();
  }
}
