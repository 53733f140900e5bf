import { Command } from 'commander';
import type { ReceivedEvent } from '../../events/index.js';
import { addSessionFlags, withSession } from '../client/session.js';
import { printLine } from '../client/print.js';
import type { CommandContext } from '../command-context.js';
import { asUsage } from '../report-error.js';
import { systemClock, type Timer } from '../../time/index.js';
import { CommandUsageError } from '../../errors/index.js';

interface EventsFlags {
  readonly type?: string;
  readonly limit?: string;
  readonly json?: boolean;
}

/** `task-queue events`: what workers and tasks tell, a line each, until it is ended. */
export function eventsCommand({ packageFolder }: CommandContext): Command {
  const command = addSessionFlags(
    new Command('events')
      .description('print what workers and tasks tell, a line each; -j for one JSON object a line')
      .option('-d, --dump', 'as it does anyway')
      .option('--type <names>', 'these only, such as task-failed,worker-online')
      .option('--limit <number>', 'end after so many'),
  ).addHelpText(
    'after',
    '\nWorkers tell of tasks where they are asked to: worker -E, or task-queue control enable_events.',
  );
  return command.action(async (flags: EventsFlags) => {
    const limit = asUsage(() => limitOf(flags.limit));
    const types = flags.type?.split(',').map((type) => type.trim());
    await withSession(command, packageFolder, ({ host }) => {
      const { cluster } = host.events;
      return new Promise<void>((resolve) => {
        let count = 0;
        const subscription = cluster.all$.subscribe((event) => {
          if (count >= limit || (types !== undefined && !types.includes(event.type))) return;
          printLine(flags.json === true ? JSON.stringify(event) : lineOf(event));
          if (++count >= limit) end();
        });
        const awake = stayAwake();
        const end = (): void => {
          awake.cancel();
          for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
          subscription.unsubscribe();
          resolve();
        };
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
      });
    });
  });
}

/** Not every broker keeps a process alive that only listens. */
function stayAwake(): Timer {
  let timer: Timer;
  const arm = (): Timer => systemClock.setTimer(() => (timer = arm()), 3_600_000);
  timer = arm();
  return { cancel: () => timer.cancel() };
}

function limitOf(given: string | undefined): number {
  if (given === undefined) return Infinity;
  if (!/^[1-9]\d*$/.test(given))
    throw new CommandUsageError(`--limit has to be a whole number of at least 1, got ${given}.`);
  return Number(given);
}

/** Of an event what is not said of every one, as far as it says it. */
function lineOf({
  type,
  hostname,
  timestampMs,
  receivedMs: _1,
  utcOffsetHours: _2,
  pid: _3,
  clock: _4,
  ...own
}: ReceivedEvent): string {
  const about = Object.entries(own)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [new Date(timestampMs).toISOString(), hostname, type, ...about].join(' ');
}
