import type { CommandArguments, ObeyedCommand } from '../control/index.js';
import { ControlCommandError } from '../errors/index.js';
import type { TaskQueueHost } from '../nest/index.js';
import type { Pool } from '../pools/index.js';
import type { Serialization } from '../serialization/index.js';
import { sleep, type Clock } from '../time/index.js';

/** Runs a command of the application, wherever that is. */
export type RunOwnCommand = (name: string, args: CommandArguments) => Promise<unknown>;

/** One that takes longer is answered as failed: it must not keep others from being obeyed. */
const LONGEST_MS = 30_000;

/** The commands of the application, as a worker's mailbox obeys them. */
export function ownCommands(names: readonly string[], run: RunOwnCommand, clock: Clock): readonly ObeyedCommand[] {
  return names.map((name) => ({
    name,
    async run(_node, args) {
      const stop = new AbortController();
      const late = sleep(clock, LONGEST_MS, stop.signal).then(() => {
        throw new ControlCommandError(`Command "${name}" has not answered for ${LONGEST_MS} ms.`);
      });
      try {
        return await Promise.race([run(name, args), late]);
      } finally {
        late.catch(() => undefined);
        stop.abort();
      }
    },
  }));
}

/** Has a child of the pool run it. */
export function runInChild(pool: Pick<Pool<never, unknown>, 'ask'>, serialization: Serialization): RunOwnCommand {
  return async (name, args) => {
    if (pool.ask === undefined) throw new ControlCommandError(`No process of this worker can run command "${name}".`);
    return decode(serialization, await pool.ask(encode(serialization, [name, args])));
  };
}

/** The other side of `runInChild`. */
export function answerInChild({ commands, serialization }: TaskQueueHost): (text: string) => Promise<string> {
  return async (text) => {
    const [name, args] = decode(serialization, text) as [string, CommandArguments];
    return encode(serialization, (await commands.run(name, args)) ?? null);
  };
}

function encode(serialization: Serialization, value: unknown): string {
  const { body } = serialization.encode('json', value);
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}

function decode(serialization: Serialization, text: string): unknown {
  return serialization.decode({ body: text, contentType: 'application/json', contentEncoding: 'utf-8' });
}
