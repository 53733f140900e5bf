import { hostname } from 'node:os';
import { asTextRunner } from '../execution/index.js';
import { currentChildRole, resolveConcurrency, serveChild } from '../pools/index.js';
import { resolveWorkerOptions, type ResolvedWorkerOptions } from '../options/index.js';
import { answerInChild } from './own-commands.js';
import { WorkerApplication, type WorkerModule } from './application.js';
import { workerOptionsOf, type ResolvedRunOptions } from './run-options.js';

/** Makes this process or thread one that runs tasks for the supervisor that started it. Never returns. */
export function runChild(module: WorkerModule, run: ResolvedRunOptions): Promise<never> {
  return serveChild(async () => {
    const application = await WorkerApplication.boot(module, run);
    const { name, maxMemoryPerChildBytes } = optionsOf(application, run);
    const backend = application.host.createResultBackend();
    await backend?.connect();
    const tracer = application.createTracer(name, backend);
    const { signals } = application.host;
    signals.workerProcessInit.emit({ hostname: name });
    return {
      report: application.report(),
      maxMemoryBytes: maxMemoryPerChildBytes,
      runner: asTextRunner(tracer),
      answer: answerInChild(application.host),
      onLeave: async () => {
        signals.workerProcessShutdown.emit({ hostname: name });
        await application.close();
        await backend?.close();
      },
    };
  });
}

/** The options of the supervisor's worker, whose node name this child's tasks see as theirs. */
function optionsOf({ host }: WorkerApplication, run: ResolvedRunOptions): ResolvedWorkerOptions {
  const { worker, tasks } = host.options;
  const role = currentChildRole();
  return resolveWorkerOptions(workerOptionsOf(worker, run), {
    pool: run.pool,
    pools: run.pools,
    cores: resolveConcurrency(),
    host: hostname(),
    pid: role?.kind === 'prefork' ? process.ppid : process.pid,
    defaultQueue: tasks.defaultQueue,
  });
}
