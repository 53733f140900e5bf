import { newestCelery } from '../tools/python-celery.js';
import { interopEnvironment } from '../tools/python-script.js';
import { PythonWorker } from '../tools/python-worker.js';
import { RedisServer } from '../tools/redis-server.js';

export interface PythonBesideOptions {
  readonly redis: RedisServer;
  /** Of the run: its log of starts is in it. */
  readonly folder: string;
  readonly queues: readonly string[];
  readonly visibilityMs: number;
  /** @defaultValue 2 */
  readonly concurrency?: number;
  /** Further arguments of `celery worker`. */
  readonly args?: readonly string[];
}

/** A Celery worker with the tasks of the chaos app, which looks once a second for what others seem to have given up. */
export async function startPython(options: PythonBesideOptions): Promise<PythonWorker> {
  const { redis, folder, queues, visibilityMs, concurrency = 2, args = [] } = options;
  const { python } = await newestCelery();
  const env = interopEnvironment({
    brokerUrl: redis.url,
    resultUrl: redis.url,
    visibilityTimeout: visibilityMs / 1_000,
  });
  return PythonWorker.start({
    python,
    env: { ...env, CHAOS_LOG: `${folder}/run.log` },
    app: 'chaos_app',
    queues,
    pool: 'prefork',
    concurrency,
    args: ['--prefetch-multiplier', '1', '--without-gossip', '--without-mingle', ...args],
    logFile: `${folder}/python.log`,
  });
}
