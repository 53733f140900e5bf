import { maskUrl, schemeOf } from '../connections/index.js';
import type { BrokerFacts, Setting } from '../control/index.js';
import type { ReportedOptions } from '../nest/index.js';
import type { ResolvedWorkerOptions } from '../options/index.js';

/** What a worker is set to, under Celery's names and with Celery's defaults, for `celery inspect conf`. Never with a password. */
export function settingsOf(report: ReportedOptions, options: ResolvedWorkerOptions): readonly Setting[] {
  const { broker, results, tasks, beat, control, serialization } = report;
  return [
    { name: 'broker_url', value: maskUrl(broker.url) },
    { name: 'result_backend', value: results.url === undefined ? null : maskUrl(results.url) },
    { name: 'result_expires', value: results.expiresMs / 1_000, fallback: 86_400 },
    { name: 'result_extended', value: results.extended, fallback: false },
    { name: 'accept_content', value: serialization.accept, fallback: ['json'] },
    { name: 'task_default_queue', value: tasks.defaultQueue, fallback: 'celery' },
    { name: 'worker_concurrency', value: options.concurrency },
    { name: 'worker_autoscale', value: scaleOf(options), fallback: null },
    { name: 'worker_max_tasks_per_child', value: options.maxTasksPerChild, fallback: null },
    { name: 'worker_max_memory_per_child', value: kilobytes(options.maxMemoryPerChildBytes), fallback: null },
    { name: 'worker_pool_restarts', value: options.poolRestarts, fallback: false },
    { name: 'worker_enable_remote_control', value: control.enabled, fallback: true },
    { name: 'control_exchange', value: control.exchange, fallback: 'celery' },
    { name: 'beat_enabled', value: beat.enabled, fallback: true },
  ];
}

/** Where a broker is, as Python's tools show it. */
export function brokerFacts(url: string): BrokerFacts {
  const scheme = schemeOf(url);
  const address = scheme.startsWith('redis') ? new URL(url.replace(/^[^:]*:/, 'redis:')) : undefined;
  if (address === undefined) {
    const virtualHost = url.slice(scheme.length + 1);
    return { transport: scheme, hostname: null, port: null, userid: null, virtualHost, isEncrypted: false };
  }
  const isSocket = scheme === 'redis+socket';
  const database = isSocket ? address.searchParams.get('virtual_host') : address.pathname.slice(1);
  return {
    transport: 'redis',
    hostname: isSocket
      ? decodeURIComponent(address.pathname)
      : address.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost',
    port: isSocket ? null : Number(address.port || 6379),
    userid: decodeURIComponent(address.username) || null,
    virtualHost: database || '0',
    isEncrypted: scheme === 'rediss',
  };
}

function scaleOf({ autoscale }: ResolvedWorkerOptions): readonly number[] | null {
  return autoscale === undefined ? null : [autoscale.max, autoscale.min];
}

function kilobytes(bytes: number | undefined): number | null {
  return bytes === undefined ? null : Math.round(bytes / 1_024);
}
