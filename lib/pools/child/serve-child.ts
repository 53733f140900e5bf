import { NotAChildError } from '../../errors/index.js';
import type { JobRunner } from '../pool.interface.js';
import type { ChildChannel } from './child-channel.interface.js';
import { systemClock } from '../../time/index.js';
import { CHANNEL_FD, WATCHDOG_FD, currentChildRole, currentThreadSeed, type ChildRole } from './child-role.js';
import { Claims } from './claims.js';
import { frame } from './frames.js';
import { giveWay } from './give-way.js';
import { JobServer } from './job-server.js';
import { memoryOf, MemoryWatch } from './memory-watch.js';
import { PipeChannel } from './pipe.channel.js';
import { PortChannel } from './port.channel.js';
import { encodeError } from './remote-error.js';
import { encodeReport } from './report.js';
import { startWatchdog } from './watchdog.js';

/** What an application is to a child: what it tells the supervisor, what runs its jobs, what closes it. */
export interface ChildApplication {
  /** Plain data, which `start()` of the pool resolves with. */
  readonly report: unknown;
  /** Takes a job's text and gives the reply's; neither may contain a line break. */
  readonly runner: JobRunner<string, string>;
  /** Answers what the supervisor asks the application; neither text may contain a line break. @defaultValue nothing is answered */
  readonly answer?: ((text: string) => Promise<string>) | undefined;
  /** Memory above which the supervisor is told that this child wants a successor. @unit bytes @defaultValue none */
  readonly maxMemoryBytes?: number | undefined;
  /** Runs before the child leaves on its supervisor's word, within the pool's grace. Not when it is killed. */
  readonly onLeave?: (() => Promise<void>) | undefined;
}

interface ChildLine {
  readonly channel: ChildChannel;
  readonly claims: Claims;
}

/** Under this key `globalThis` keeps the line to the supervisor, which exists once in a process, or thread, however many copies of this library it loads. */
const KEY = Symbol.for('nest-task-queue.child-line');

interface Memory {
  [KEY]?: ChildLine;
}

/**
 * Opens the line to the supervisor, if this process or thread is a child; safe to call twice. From here on the child ends with its supervisor, ignores SIGINT and SIGTERM (which reach
 * the whole process group on Ctrl-C, while the supervisor wants its children to finish), and tells the supervisor of an error that ends it. `serveChild` does this too: call it first
 * thing in a module of your own to cover what the entry file does before.
 */
export function prepareChild(): void {
  openLine();
}

/**
 * Makes this process or thread a child of the pool that started it: boots the application, reports, then runs jobs until the supervisor lets it go or is gone. Ends the process.
 * @param boot makes the application; its error is handed to the supervisor
 * @throws {NotAChildError} where there is no such pool
 * @returns a promise that never settles, so that what follows in the entry file is not run in a child
 */
export function serveChild(boot: () => Promise<ChildApplication>): Promise<never> {
  const role = currentChildRole();
  const line = openLine();
  if (!role || !line) throw new NotAChildError();
  const { channel, claims } = line;

  bootReport(boot, role).then(
    ({ application, report, memory }) => {
      channel.add(frame('U', report));
      const onLeave = (): void => void leave(channel, application);
      const { answer, runner } = application;
      const server = new JobServer({ channel, claims, runner, answer, slots: role.slots, memory, onLeave });
      channel.onEnd(() => process.exit(1));
      channel.onFrames((frames) => server.receive(frames));
      channel.flush();
    },
    (error: unknown) => {
      channel.add(frame('B', encodeError(error)));
      end(channel, 1);
    },
  );
  return new Promise(() => undefined);
}

interface Booted {
  readonly application: ChildApplication;
  readonly report: string;
  readonly memory: MemoryWatch | undefined;
}

async function bootReport(boot: () => Promise<ChildApplication>, { kind }: ChildRole): Promise<Booted> {
  const application = await boot();
  const { maxMemoryBytes } = application;
  const memory =
    maxMemoryBytes === undefined ? undefined : new MemoryWatch(maxMemoryBytes, () => memoryOf(kind), systemClock);
  memory?.checkAtBoot();
  return { application, report: encodeReport(application.report), memory };
}

function openLine(): ChildLine | undefined {
  const memory = globalThis as Memory;
  const role = currentChildRole();
  if (memory[KEY] || !role) return memory[KEY];
  const line = role.kind === 'prefork' ? openPipe(role.cells) : openPort();
  if (!line) return undefined;
  memory[KEY] = line;
  giveWay(role); // after the watchdog's thread has begun, which keeps the priority
  process.on('exit', () => line.channel.flush());
  process.on('uncaughtExceptionMonitor', (error) => {
    line.channel.add(frame('F', encodeError(error)));
    line.channel.flush();
  });
  return line;
}

function openPipe(cells: number): ChildLine {
  const claims = Claims.forCells(cells);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  startWatchdog(WATCHDOG_FD, claims);
  return { channel: new PipeChannel(CHANNEL_FD), claims };
}

function openPort(): ChildLine | undefined {
  const seed = currentThreadSeed();
  return seed && { channel: new PortChannel(seed.port), claims: new Claims(seed.claims) };
}

async function leave(channel: ChildChannel, application: ChildApplication): Promise<void> {
  try {
    await application.onLeave?.();
    end(channel, 0);
  } catch (error) {
    channel.add(frame('F', encodeError(error)));
    end(channel, 1);
  }
}

/** Ends the process once the last frame and what the application printed are out. */
function end(channel: ChildChannel, code: number): void {
  channel.whenSent(() => process.stdout.write('', () => process.stderr.write('', () => process.exit(code))));
}
