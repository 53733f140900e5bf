import type { ControlledNode, TaskInHand } from '../../../lib/control/index.js';
import { InvalidOptionError } from '../../../lib/errors/index.js';
import type { TaskHead } from '../../../lib/protocol/index.js';

export function headOf(id: string, change: Partial<TaskHead> = {}): TaskHead {
  return {
    id,
    task: 'proj.add',
    argsRepr: '(1, 2)',
    kwargsRepr: '{}',
    exchange: '',
    routingKey: 'celery',
    priority: 0,
    redelivered: false,
    stamps: {},
    ...change,
  } as TaskHead;
}

export function inHand(id: string, state: TaskInHand['state'], change: Partial<TaskInHand> = {}): TaskInHand {
  return {
    head: headOf(id),
    state,
    startedMs: state === 'active' ? 1_795_387_588_194.5 : undefined,
    pid: state === 'active' ? 77 : undefined,
    isAcknowledged: false,
    call: () => ({ args: [1, 2], kwargs: {} }),
    ...change,
  };
}

/** A node that writes down what it is told to do. */
export function fakeNode(change: Partial<ControlledNode> = {}): {
  readonly node: ControlledNode;
  readonly done: unknown[];
} {
  const done: unknown[] = [];
  const node: ControlledNode = {
    hostname: 'wire@wirehost',
    pid: 1,
    events: {
      enable: () => done.push(['enable']) > 0,
      disable: () => done.push(['disable']) === 0,
      answerHeartbeat: () => void done.push(['heartbeat']),
    },
    election: (...given) => void done.push(['election', ...given]),
    uptimeMs: () => 21_400,
    clock: () => 57,
    forwardClock: () => 58,
    inHand: () => [inHand('running', 'active'), inHand('waiting', 'reserved')],
    toCome: async () => [{ head: headOf('later'), etaMs: 1_795_390_000_000, call: () => ({ args: [9], kwargs: {} }) }],
    counts: () => new Map([['proj.add', 2]]),
    tasks: () => [
      { name: 'proj.limited', attributes: { rate_limit: '10/m', serializer: 'json', acks_late: true } },
      { name: 'proj.add', attributes: { rate_limit: undefined, serializer: 'json', acks_late: false } },
    ],
    queues: () => ['celery'],
    settings: () => [
      { name: 'broker_url', value: 'redis://:***@127.0.0.1/0' },
      { name: 'task_default_queue', value: 'celery', fallback: 'celery' },
    ],
    broker: () => ({
      transport: 'redis',
      hostname: '127.0.0.1',
      port: 6379,
      userid: null,
      virtualHost: '0',
      isEncrypted: false,
    }),
    pool: () => ({ implementation: 'pool', limit: 1, pids: [77], maxTasksPerChild: undefined }),
    prefetchCount: () => 13,
    versions: () => ({ node: '20' }),
    revoked: () => ['dead-beef-id'],
    revoke: async (ids) => void done.push(['revoke', ...ids]),
    revokeStamped: (name, values) => void done.push(['stamp', name, ...values]),
    learnRevoked: (ids) => void done.push(['learn', ...ids]),
    terminate: (ids, signal) => {
      done.push(['terminate', signal, ...ids]);
      return ids.filter((id) => id === 'running');
    },
    restartPool: () => false,
    grow: (count, pool) => void done.push(pool === undefined ? ['grow', count] : ['grow', count, pool]),
    shrink: (count) => void done.push(['shrink', count]),
    autoscale: () => undefined,
    setAutoscale: (bounds) => void done.push(['autoscale', bounds]),
    setTimeLimits: (task, limits) => {
      done.push(['limits', task, limits]);
      return task === 'proj.add';
    },
    setRateLimit: (task, limit) => {
      if (limit === 'bad') throw new InvalidOptionError('rateLimit', 'a rate', limit);
      done.push(['rate', task, limit]);
      return task === 'proj.add' || task === 'wiretasks.add';
    },
    addQueue: async (name) => void done.push(['add', name]),
    removeQueue: async (name) => void done.push(['remove', name]),
    shutdown: () => void done.push(['shutdown']),
    ...change,
  };
  return { node, done };
}
