import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TaskClient, TaskWorkerFactory, type TaskWorker } from 'nest-task-queue';
import { readEvents, type LoggedEvent } from '../../fixtures/apps/outcomes/event-log.js';
import { fixtureApp, taskQueueCommand } from '../../tools/programs.js';
import { eventually } from './eventually.js';
import { moduleOf } from './inline-rig.js';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A worker in a process of its own, which leads a process group of its own. */
export interface StartedWorker {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  readonly isOver: boolean;
  stdout(): string;
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  /** As Ctrl-C does: to the worker and its children. */
  signalGroup(name: NodeJS.Signals): void;
  /** Resolves when it consumes. */
  ready(): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
}

/** An application in this process that sends to an embedded store, and workers as processes that share it. */
export interface ProcessRig {
  readonly folder: string;
  readonly url: string;
  readonly client: TaskClient;
  start(app: string, options?: StartOptions): StartedWorker;
  /** The command `task-queue`. */
  command(args: readonly string[], options?: StartOptions): StartedWorker;
  /** A worker in this process, on the pool `async`: the quickest to take what another one has left. */
  startHere(): Promise<void>;
  /** What bodies noted. */
  events(id?: string): readonly string[];
  rawEvents(): readonly LoggedEvent[];
  runsOf(id: string): number;
  /** Resolves when nothing of the queue waits, runs, or is parked. */
  quiet(queue?: string): Promise<void>;
  close(): Promise<void>;
}

const running = new Set<StartedWorker>();
process.on('exit', () => {
  for (const worker of running) worker.signalGroup('SIGKILL');
});

export interface ProcessRigOptions {
  /** Of the store. @defaultValue an embedded one in a folder of its own */
  readonly url?: string;
  /** Where a lease ends by itself. */
  readonly leaseMs?: number;
}

/** @param providers of the application that sends; may be none */
export async function openProcessRig(
  providers: readonly Type[],
  { url: given, leaseMs }: ProcessRigOptions = {},
): Promise<ProcessRig> {
  const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-e2e-'));
  const url = given ?? `embedded:${path.join(folder, 'store')}`;
  const eventLog = path.join(folder, 'events.log');
  writeFileSync(eventLog, '');
  process.env['EVENT_LOG'] = eventLog; // for workers in this process
  const AppModule = moduleOf(providers, { broker: url });
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  const client = app.get(TaskClient);
  const mine: StartedWorker[] = [];
  const here: TaskWorker[] = [];
  const run = (args: readonly string[], { env = {} }: StartOptions = {}): StartedWorker => {
    const prefix = path.join(folder, `worker-${mine.length}`);
    const worker = startProcess(args, prefix, {
      TASK_QUEUE_BROKER_URL: url,
      EVENT_LOG: eventLog,
      ...(leaseMs !== undefined && { FIXTURE_LEASE: String(leaseMs) }),
      NO_COLOR: '1',
      ...env,
    });
    mine.push(worker);
    return worker;
  };
  return {
    folder,
    url,
    client,
    start: (name, options) => run([fixtureApp(name)], options),
    command: (args, options) => run([taskQueueCommand, ...args], options),
    startHere: async () => {
      const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
      here.push(await TaskWorkerFactory.create(AppModule, { pool: 'async', logger }));
    },
    events: (id) =>
      readEvents(eventLog)
        .filter((event) => id === undefined || event.id === id)
        .map(({ what }) => what),
    rawEvents: () => readEvents(eventLog),
    runsOf: (id) => readEvents(eventLog).filter((event) => event.what === 'start' && event.id === id).length,
    quiet: async (queue = 'celery') => {
      await eventually(`queue "${queue}" is done with`, async () => {
        const { waiting, held, parked } = await client.queues.stats(queue);
        return waiting + held + parked === 0;
      });
    },
    close: async () => {
      for (const worker of mine) worker.signalGroup('SIGKILL');
      await Promise.all([...mine.map(({ ended }) => ended), ...here.map((worker) => worker.stop())]);
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function startProcess(args: readonly string[], prefix: string, env: Readonly<Record<string, string>>): StartedWorker {
  const [out, err] = [openSync(`${prefix}.out`, 'w'), openSync(`${prefix}.err`, 'w')];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', out, err],
    env: { ...process.env, ...env },
    detached: true,
  });
  closeSync(out);
  closeSync(err);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${args.join(' ')} could not be started.`);
  let isOver = false;
  const worker: StartedWorker = {
    pid,
    ended: new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        isOver = true;
        running.delete(worker);
        resolve({ code, signal });
      });
    }),
    get isOver() {
      return isOver;
    },
    stdout: () => readFileSync(`${prefix}.out`, 'utf8'),
    stderr: () => readFileSync(`${prefix}.err`, 'utf8'),
    signal: (name) => void (isOver || child.kill(name)),
    signalGroup: (name) => {
      try {
        process.kill(-pid, name);
      } catch {
        // all of the group is gone
      }
    },
    ready: async () => {
      await eventually(
        'the worker is ready',
        () => {
          if (isOver) throw new Error(`The worker ended before it was ready:\n${worker.stdout()}${worker.stderr()}`);
          return worker.stdout().includes(' is ready: ');
        },
        30_000,
      );
    },
  };
  running.add(worker);
  return worker;
}
