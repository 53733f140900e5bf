import { Command } from 'commander';
import { formatDuration } from '../../time/index.js';
import type { CommandContext } from '../command-context.js';
import { printJson, printLine, printTable } from './print.js';
import { queuesOf, readQueues } from './queue-names.js';
import { addSessionFlags, withSession, type Session } from './session.js';

interface ListFlags {
  readonly queues?: string;
  readonly json?: boolean;
}

type Lister = (session: Session, flags: ListFlags) => Promise<void>;

const LISTS: Readonly<Record<string, readonly [says: string, list: Lister]>> = {
  queues: ['queues with what waits in them, is held by workers, waits for its time, and died', listQueues],
  bindings: ['queues with the exchange and routing key by which they are reached', listBindings],
  tasks: ['tasks that the application declares, with their queues', listTasks],
};

/** `task-queue list`: what an application has on its broker. */
export function listCommand({ packageFolder }: CommandContext): Command {
  const list = new Command('list').description('list queues, bindings or tasks');
  for (const [name, [says, print]] of Object.entries(LISTS)) {
    const command = list.command(name).description(says);
    if (name !== 'tasks') command.option('-Q, --queues <names>', 'these (default: all that the application names)');
    addSessionFlags(command).action((flags: ListFlags) =>
      withSession(command, packageFolder, (session) => print(session, flags)),
    );
  }
  return list;
}

function namesFor(session: Session, { queues }: ListFlags): readonly string[] {
  return queues === undefined ? queuesOf(session) : readQueues(queues);
}

async function listQueues(session: Session, flags: ListFlags): Promise<void> {
  const { queues } = session.client;
  const paused = await queues.paused();
  const all = await Promise.all(
    namesFor(session, flags).map(async (queue) => ({
      queue,
      ...(await queues.stats(queue)),
      paused: paused.includes(queue),
    })),
  );
  if (flags.json === true) return printJson(all);
  printTable(
    ['queue', 'waiting', 'held', 'parked', 'dead', 'oldest'],
    all.map(({ queue, waiting, held, parked, dead, oldestAgeMs, paused: isPaused }) => [
      isPaused ? `${queue} (paused)` : queue,
      ...[waiting, held, parked, dead].map(String),
      oldestAgeMs === undefined ? '' : formatDuration(oldestAgeMs),
    ]),
  );
}

/** A queue has an exchange and a routing key of its own name, as kombu declares one that is not configured. */
async function listBindings(session: Session, flags: ListFlags): Promise<void> {
  const bindings = await Promise.all(
    namesFor(session, flags).map(async (queue) => ({
      queue,
      exchange: queue,
      routingKey: queue,
      waiting: await session.client.queues.size(queue),
    })),
  );
  if (flags.json === true) return printJson(bindings);
  printTable(
    ['queue', 'exchange', 'routing key', 'waiting'],
    bindings.map(({ queue, exchange, routingKey, waiting }) => [queue, exchange, routingKey, String(waiting)]),
  );
}

async function listTasks({ host, hasApplication }: Session, flags: ListFlags): Promise<void> {
  const tasks = [...host.catalog.names()]
    .sort()
    .map((name) => ({ name, queue: host.catalog.get(name)?.options.queue ?? host.options.tasks.defaultQueue }));
  if (flags.json === true) return printJson(tasks);
  if (!hasApplication) return printLine('A broker knows no tasks: name an application, with -A.');
  printTable(
    ['task', 'queue'],
    tasks.map(({ name, queue }) => [name, queue]),
  );
}
