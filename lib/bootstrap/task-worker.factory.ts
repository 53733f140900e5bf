import { hostname } from 'node:os';
import { InvalidOptionError } from '../errors/index.js';
import type { WorkerReport } from '../nest/index.js';
import {
  resolveWorkerOptions,
  runsInline,
  warnOfConcurrency,
  type ResolvedWorkerOptions,
  type WorkerSurroundings,
} from '../options/index.js';
import { currentChildRole, prepareChild, resolveConcurrency, type Pool } from '../pools/index.js';
import { systemClock } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';
import { WorkerApplication, type WorkerModule } from './application.js';
import { runChild } from './child.js';
import { connect, type WorkerConnections } from './connections.js';
import { HealthServer } from './health/health-server.js';
import { openPoolBeside, openPoolOfChildren } from './open-pool.js';
import { resolveRunOptions, workerOptionsOf, type ResolvedRunOptions, type WorkerRunOptions } from './run-options.js';
import { checkTaskPools, describePools } from './task-pools.js';
import { runUntilStopped } from './run-until-stopped.js';
import { TaskWorker } from './task-worker.js';
import { workerFileReader } from './worker-file.js';
import { workerLog } from './worker-logger.js';

prepareChild(); // what the entry file does before it calls run() is reported too, and the child ends with its supervisor

/** Starts workers: the processes that run tasks. */
export class TaskWorkerFactory {
  /**
   * The whole of a worker file: runs the module's tasks until the process is told to stop. The first SIGTERM or SIGINT lets running tasks finish, the second gives them back.
   * In a child of the pool it runs tasks and never returns. A process manager that has a channel to it is told `ready` when it consumes. Ends the process: with code 0 after a shutdown, with 1 when the worker cannot start, which is logged.
   */
  static async run(module: WorkerModule, options: WorkerRunOptions = {}): Promise<void> {
    const reader = workerFileReader();
    if (reader !== undefined) return reader(module, options);
    let log = workerLog({ logger: options.logger, log: { level: undefined, format: 'text' } }); // for options that cannot be read
    try {
      const run = resolveRunOptions(options, process.env);
      log = workerLog(run);
      if (currentChildRole() !== undefined) return await runChild(module, run);
      await runUntilStopped(() => TaskWorkerFactory.create(module, options), log, tellProcessManager);
    } catch (error) {
      log.error(`The worker cannot run: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      process.exitCode = 1;
    }
    process.exit();
  }

  /**
   * Starts a worker in this process and leaves its end to the caller: for tests, and for processes with other work to do. Its pools of children need `entry`, a file that calls `run`.
   * @throws {InvalidOptionError | UnknownOptionError} for options that cannot be used
   * @throws {ChildBootError} or what the module throws, when the application cannot boot
   * @throws {BrokerUnavailableError | ResultBackendUnavailableError} when a store cannot be reached or used
   */
  static async create(module: WorkerModule, options: WorkerRunOptions = {}): Promise<TaskWorker> {
    const run = resolveRunOptions(options, process.env);
    const log = workerLog(run);
    const worker = await (runsInline(run) ? createInline(module, run, log) : createWithChildren(run, log));
    return worker;
  }
}

/** As PM2 (`wait_ready`) and `task-queue multi` wait for it, over the channel of the process that started this one. */
function tellProcessManager(): void {
  if (process.connected) process.send?.('ready', () => undefined); // it may be gone by now
}

/** The application is in this process, where bodies of `async` and `solo` run; children of other pools beside it have their own. */
async function createInline(module: WorkerModule, run: ResolvedRunOptions, log: WorkerLog): Promise<TaskWorker> {
  const application = await WorkerApplication.boot(module, run);
  try {
    const { clock } = application.host;
    const report = application.report();
    const options = resolveOptions(report, run);
    return await withHealth(options, log, async (health) => {
      const connections = await connect(report.options, run, clock, log);
      const pool = openPoolBeside(application, { run, options, report, backend: connections.backend, log, clock });
      await startBeside(connections, pool);
      const parts = { run, options, report, connections, pool, application, health, clock, log };
      return announce(TaskWorker.start(parts), run, report, options, log);
    });
  } catch (error) {
    await application.close();
    throw error;
  }
}

async function startBeside(connections: WorkerConnections, pool: Pick<Pool<never, unknown>, 'start'>): Promise<void> {
  try {
    await pool.start();
  } catch (error) {
    await connections.close();
    throw error;
  }
}

async function createWithChildren(run: ResolvedRunOptions, log: WorkerLog): Promise<TaskWorker> {
  const clock = systemClock;
  const optionsOf = (report: unknown): ResolvedWorkerOptions => resolveOptions(report as WorkerReport, run);
  const { pool, start } = openPoolOfChildren({ run, log, clock }, optionsOf);
  try {
    const report = await start();
    const options = resolveOptions(report, run);
    return await withHealth(options, log, async (health) => {
      const connections = await connect(report.options, run, clock, log);
      const parts = { run, options, report, connections, pool, application: undefined, health, clock, log };
      return announce(TaskWorker.start(parts), run, report, options, log);
    });
  } catch (error) {
    await pool.stop('kill');
    throw error;
  }
}

/** Answers probes from before the worker waits for its server. */
async function withHealth(
  { health: options }: ResolvedWorkerOptions,
  log: WorkerLog,
  start: (health: HealthServer | undefined) => Promise<TaskWorker>,
): Promise<TaskWorker> {
  const health = options === undefined ? undefined : await HealthServer.open(options, log);
  try {
    return await start(health);
  } catch (error) {
    await health?.close();
    throw error;
  }
}

function resolveOptions(report: WorkerReport, run: ResolvedRunOptions): ResolvedWorkerOptions {
  const options = resolveWorkerOptions(workerOptionsOf(report.options.worker, run), surroundingsOf(report, run));
  if (run.autoscaler !== undefined && options.autoscale === undefined) {
    throw new InvalidOptionError('autoscaler', 'given together with "autoscale", its bounds', run.autoscaler);
  }
  checkTaskPools(report, options, run);
  return options;
}

function surroundingsOf(report: WorkerReport, { pool, pools }: ResolvedRunOptions): WorkerSurroundings {
  const { defaultQueue } = report.options.tasks;
  return { pool, pools, cores: resolveConcurrency(), host: hostname(), pid: process.pid, defaultQueue };
}

async function announce(
  starting: Promise<TaskWorker>,
  run: ResolvedRunOptions,
  report: WorkerReport,
  options: ResolvedWorkerOptions,
  log: WorkerLog,
): Promise<TaskWorker> {
  const worker = await starting;
  const warning = warnOfConcurrency(options, surroundingsOf(report, run));
  if (warning !== undefined) log.warn(warning);
  const own = report.tasks.filter(({ name }) => !name.startsWith('celery.'));
  if (own.length === 0) {
    log.warn(
      'No provider of the application declares a task, so every message will be unknown: list the classes with @Task() methods ' +
        'in the providers of a module that the worker imports.',
    );
  }
  const { queues } = options;
  log.log(
    `${options.name} is ready: ${describePool(run, options)}, queue${queues.length === 1 ? '' : 's'} ` +
      `${queues.join(', ')} in ${worker.store}, ${count(own.length, 'task')}`,
  );
  return worker;
}

function describePool({ pool, pools, childConcurrency }: ResolvedRunOptions, options: ResolvedWorkerOptions): string {
  const slots = options.concurrency * childConcurrency;
  if (pools !== undefined) return `pools ${describePools(pools)}, ${count(slots, 'slot')}`;
  const { autoscale } = options;
  const scaled = autoscale === undefined ? '' : ` (autoscaled, ${autoscale.min} to ${autoscale.max})`;
  return `pool ${pool}, ${count(slots, 'slot')}${scaled}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
