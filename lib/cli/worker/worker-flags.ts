import type { Command } from 'commander';
import type { WorkerRunOptions } from '../../bootstrap/index.js';
import { CommandUsageError, InvalidOptionError } from '../../errors/index.js';
import {
  readSwitch,
  readWorkerTexts,
  type WorkerLogFormat,
  type WorkerLogLevel,
  type WorkerText,
} from '../../options/index.js';

/** A flag that says an option of the worker. */
interface WorkerFlag {
  /** The option, as `WORKER_TEXT_NAMES` has it. */
  readonly name: string;
  readonly flags: string;
  readonly says: string;
}

const WORKER_FLAGS: readonly WorkerFlag[] = [
  {
    name: 'pools',
    flags: '--pools <sizes>',
    says: 'several pools beside one another, the default one first: async=100,threads=2',
  },
  {
    name: 'concurrency',
    flags: '-c, --concurrency <number>',
    says: 'tasks run at once: processes, threads, or calls in flight',
  },
  { name: 'autoscale', flags: '--autoscale <max,min>', says: 'let the pool follow the backlog between two sizes' },
  { name: 'queues', flags: '-Q, --queues <names>', says: 'queues to take from, with commas between them' },
  {
    name: 'excludeQueues',
    flags: '-X, --exclude-queues <names>',
    says: 'queues to leave to other workers, of those the application names',
  },
  { name: 'name', flags: '-n, --hostname <name>', says: 'node name; %h is the host, %p the process id' },
  {
    name: 'disableRateLimits',
    flags: '--disable-rate-limits',
    says: 'start tasks without a regard for their rate limits',
  },
  {
    name: 'maxTasksPerChild',
    flags: '--max-tasks-per-child <number>',
    says: 'replace a process or thread that has run so many',
  },
  {
    name: 'maxMemoryPerChild',
    flags: '--max-memory-per-child <size>',
    says: 'replace one that takes more memory, such as 200MiB',
  },
  { name: 'timeLimit', flags: '--time-limit <duration>', says: 'kill what runs longer, of tasks without a limit: 5m' },
  { name: 'softTimeLimit', flags: '--soft-time-limit <duration>', says: 'abort the signal of what runs longer: 4m' },
  {
    name: 'prefetchMultiplier',
    flags: '--prefetch-multiplier <number>',
    says: 'messages held for each slot; 0 for any number',
  },
  { name: 'optimization', flags: '-O, --optimization <name>', says: 'fair lets no message wait behind another' },
  {
    name: 'sendTaskEvents',
    flags: '-E, --task-events',
    says: 'tell monitors such as Flower what becomes of each task',
  },
  {
    name: 'heartbeatInterval',
    flags: '--heartbeat-interval <duration>',
    says: 'how often to tell monitors of itself, such as 5s',
  },
  { name: 'withoutHeartbeat', flags: '--without-heartbeat', says: 'tell monitors nothing of itself' },
  { name: 'withoutMingle', flags: '--without-mingle', says: 'ask nobody for revoked tasks at the start' },
  { name: 'withoutGossip', flags: '--without-gossip', says: 'have no part in elections of workers' },
  {
    name: 'health',
    flags: '--health <address>',
    says: 'answer /live and /ready over HTTP there: 8080, or 0.0.0.0:8080',
  },
];

const RUN_FLAGS = [
  ['-P, --pool <name>', 'prefork, threads, async or solo; eventlet and gevent are async'],
  ['--child-concurrency <number>', 'bodies that one process or thread runs at once'],
  ['--instance <name>', 'TaskQueueModule instance to work for'],
  ['-B, --beat', 'send what @Schedule() says, whatever the application says of it'],
  ['--no-beat', 'send nothing of it'],
  ['-l, --loglevel <level>', 'debug, info (a line for each task), warning, error or critical'],
  ['--log-format <format>', 'text or json'],
  ['--pidfile <file>', 'leave the process id there while it runs; refuse to start beside one that does'],
] as const;

/** Adds the flags of a worker to a command. */
export function addWorkerFlags(command: Command): Command {
  for (const [flags, says] of RUN_FLAGS) command.option(flags, says);
  for (const { flags, says } of WORKER_FLAGS) command.option(flags, says);
  return command.option(
    '--set <setting>',
    'any setting of a worker, such as worker.stallTimeout=1m; may be repeated',
    (text: string, before: readonly string[] = []) => [...before, text],
  );
}

/** Flags as they were read. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What flags say of a worker's options, and where each was said. */
export interface FlagOptions {
  readonly options: WorkerRunOptions;
  readonly texts: readonly WorkerText[];
}

/** @throws {CommandUsageError | InvalidOptionError | UnknownOptionError} for what cannot be read */
export function readWorkerFlags(values: FlagValues): FlagOptions {
  const flagged = WORKER_FLAGS.flatMap(({ name, flags }) => {
    const from = longName(flags);
    const text = values[attributeOf(from)];
    if (text === true) return [{ name, text: 'true', from }];
    return typeof text === 'string' ? [{ name, text, from }] : [];
  });
  const settings = ((values['set'] ?? []) as readonly string[]).map(readSetting);
  const texts = [...flagged, ...settings.filter(({ name }) => name !== 'beat.enabled')];
  const beat = settings.findLast(({ name }) => name === 'beat.enabled');
  const { pool, childConcurrency, instance, loglevel, logFormat } = values;
  return {
    options: {
      ...readWorkerTexts(texts),
      ...(pool !== undefined && { pool: pool as NonNullable<WorkerRunOptions['pool']> }),
      ...(childConcurrency !== undefined && { childConcurrency: countOf(childConcurrency, '--child-concurrency') }),
      ...(instance !== undefined && { instance: instance as string }),
      ...(loglevel !== undefined && { logLevel: loglevel as WorkerLogLevel }),
      ...(logFormat !== undefined && { logFormat: logFormat as WorkerLogFormat }),
      ...(typeof values['beat'] === 'boolean' && { beat: values['beat'] }),
      ...(beat !== undefined && { beat: readSwitch(beat.text, beat.from) }),
    },
    texts,
  };
}

function readSetting(given: string): WorkerText {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(given) ?? [];
  if (path === undefined || text === undefined) {
    throw new CommandUsageError(`--set ${given} sets nothing: write --set worker.<name>=<value>.`);
  }
  const from = `--set ${path}`;
  if (path === 'beat.enabled') return { name: path, text, from };
  if (!path.startsWith('worker.')) {
    throw new CommandUsageError(
      `--set ${path} names no setting of a worker: they begin with "worker.", such as worker.stallTimeout. ` +
        'Others are for TaskQueueModule.forRoot() and the environment.',
    );
  }
  return { name: path.slice('worker.'.length), text, from };
}

function countOf(value: unknown, from: string): number {
  if (typeof value !== 'string' || !/^\d+$/.test(value)) throw new InvalidOptionError(from, 'a whole number', value);
  return Number(value);
}

function longName(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

function attributeOf(long: string): string {
  return long.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
