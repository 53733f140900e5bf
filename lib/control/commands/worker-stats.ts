import type { ControlledNode, PoolPartFacts } from '../controlled-node.interface.js';

/** @source celery/worker/worker.py `stats`, celery/concurrency/prefork.py `_get_info` */
export function statsOf(node: ControlledNode): Readonly<Record<string, unknown>> {
  const autoscale = node.autoscale();
  const pool = node.pool();
  return {
    total: Object.fromEntries(node.counts()),
    pid: node.pid,
    clock: String(node.clock()),
    uptime: Math.round(node.uptimeMs() / 1_000),
    pool: poolInfo(node),
    ...(autoscale !== undefined && {
      autoscaler: {
        max: autoscale.max,
        min: autoscale.min,
        current: pool.pids.length,
        qty: Math.max(0, countOf(node) - pool.limit),
      },
    }),
    broker: brokerInfo(node),
    prefetch_count: node.prefetchCount(),
    rusage: resourceUsage(),
  };
}

function poolInfo(node: ControlledNode): Readonly<Record<string, unknown>> {
  const { implementation, limit, pids, maxTasksPerChild, parts } = node.pool();
  const started = [...node.counts().values()].reduce((sum, count) => sum + count, 0);
  const active = [...node.inHand()].filter(({ state }) => state === 'active').length;
  return {
    implementation,
    'max-concurrency': limit,
    processes: pids,
    'max-tasks-per-child': maxTasksPerChild ?? 'N/A',
    'put-guarded-by-semaphore': false,
    timeouts: [0, 0],
    writes: {
      total: started,
      avg: pids.length === 0 ? '0.00' : (1 / pids.length).toFixed(2),
      all: '',
      raw: '',
      strategy: 'fair',
      inqueues: { total: pids.length, active },
    },
    ...(parts !== undefined && { pools: Object.fromEntries(parts.map((part) => [part.name, partInfo(part)])) }),
  };
}

function partInfo({ implementation, limit, pids, inHand }: PoolPartFacts): Readonly<Record<string, unknown>> {
  return { implementation, 'max-concurrency': limit, processes: pids, 'in-hand': inHand };
}

function countOf(node: ControlledNode): number {
  return [...node.inHand()].length;
}

/** Never with a password. @source kombu/connection.py `Connection.info` */
function brokerInfo(node: ControlledNode): Readonly<Record<string, unknown>> {
  const { transport, hostname, port, userid, virtualHost, isEncrypted } = node.broker();
  return {
    hostname,
    userid,
    virtual_host: virtualHost,
    port,
    insist: false,
    ssl: isEncrypted,
    transport,
    connect_timeout: 4,
    transport_options: {},
    login_method: null,
    uri_prefix: null,
    heartbeat: 120,
    failover_strategy: 'round-robin',
    alternates: [],
    credential_provider: null,
  };
}

function resourceUsage(): Readonly<Record<string, number>> {
  const usage = process.resourceUsage();
  return {
    utime: usage.userCPUTime / 1_000_000,
    stime: usage.systemCPUTime / 1_000_000,
    maxrss: usage.maxRSS,
    ixrss: usage.sharedMemorySize,
    idrss: usage.unsharedDataSize,
    isrss: usage.unsharedStackSize,
    minflt: usage.minorPageFault,
    majflt: usage.majorPageFault,
    nswap: usage.swappedOut,
    inblock: usage.fsRead,
    oublock: usage.fsWrite,
    msgsnd: usage.ipcSent,
    msgrcv: usage.ipcReceived,
    nsignals: usage.signalsCount,
    nvcsw: usage.voluntaryContextSwitches,
    nivcsw: usage.involuntaryContextSwitches,
  };
}
