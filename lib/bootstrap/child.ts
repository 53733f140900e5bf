import { hostname } from 'node:os';
import { asTextRunner } from '../execution/index.js';
import { currentChildRole, resolveConcurrency, serveChild } from '../pools/index.js';
import { resolveWorkerOptions } from '../options/index.js';
import { WorkerApplication, type WorkerModule } from './application.js';
import { mergeWorkerOptions, type ResolvedRunOptions } from './run-options.js';

/** Makes this process or thread one that runs tasks for the supervisor that started it. Never returns. */
export function runChild(module: WorkerModule, run: ResolvedRunOptions): Promise<never> {
  return serveChild(async () => {
    const application = await WorkerApplication.boot(module, run);
    const name = nodeName(application, run);
    const backend = application.host.createResultBackend();
    await backend?.connect();
    const tracer = application.createTracer(name, backend);
    const { signals } = application.host;
    signals.workerProcessInit.emit({ hostname: name });
    return {
      report: application.report(),
      runner: asTextRunner(tracer),
      onLeave: async () => {
        signals.workerProcessShutdown.emit({ hostname: name });
        await application.close();
        await backend?.close();
      },
    };
  });
}

/** The supervisor's node name, which this child's tasks see as theirs. */
function nodeName({ host }: WorkerApplication, run: ResolvedRunOptions): string {
  const { worker, tasks } = host.options;
  const role = currentChildRole();
  return resolveWorkerOptions(mergeWorkerOptions(worker, run.worker), {
    pool: run.pool,
    cores: resolveConcurrency(),
    host: hostname(),
    pid: role?.kind === 'prefork' ? process.ppid : process.pid,
    defaultQueue: tasks.defaultQueue,
  }).name;
}
