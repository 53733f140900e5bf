import { describe, expect, it } from 'vitest';
import type { Consumer, Delivery } from '../../../lib/brokers/index.js';
import type { TaskJob, TaskReply } from '../../../lib/execution/index.js';
import type { Pool } from '../../../lib/pools/index.js';
import type { TaskHead } from '../../../lib/protocol/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import type { TaskTraits } from '../../../lib/worker/index.js';
import { InFlightTable } from '../../../lib/worker/in-flight.js';
import { LookAhead } from '../../../lib/worker/look-ahead.js';
import { RevokedOutcome } from '../../../lib/worker/revoked-outcome.js';
import { Settler } from '../../../lib/worker/settler.js';
import { StartCounts } from '../../../lib/worker/start-counts.js';
import { SuspectGate } from '../../../lib/worker/suspect-gate.js';
import { TaskLog } from '../../../lib/worker/task-log.js';
import { TaskReporter } from '../../../lib/worker/task-reporter.js';
import { TaskRunner } from '../../../lib/worker/task-runner.js';

const reply: TaskReply = {
  outcome: 'success',
  records: [],
  successors: [],
  requeue: false,
  error: '',
  traceback: '',
  expected: false,
  runtimeMs: 1,
};
const traits = { name: 'demo', acksLate: true } as TaskTraits;

function suspect(tag: string): Delivery {
  return { tag, queue: 'q', redelivered: true, losses: 1, message: { headers: {} } as Delivery['message'] };
}

/** A runner whose pool runs everything at once, and the order of what it asks for. */
function setup() {
  const events: string[] = [];
  const consumer = {
    markStarted: async ([delivery]: readonly Delivery[]) => {
      if (delivery?.tag === 'unmarked') throw new Error('the store is away');
      events.push(`mark ${delivery?.tag}`);
    },
    settle: async (batch: readonly { delivery: Delivery; as: string }[]) => {
      const told = batch.map(({ delivery, as }) => (as === 'ack' ? delivery.tag : `${delivery.tag} as ${as}`));
      events.push(`settle ${told.join(' ')}`);
      return batch.map(({ delivery }) => delivery).filter(({ tag }) => tag === 'lost');
    },
  } as unknown as Consumer;
  const pool = {
    run: async () => ({ as: 'done', reply }),
    submit: (_job: TaskJob, _options: unknown, onEnd: (outcome: unknown) => void) => onEnd({ as: 'done', reply }),
  } as unknown as Pool<TaskJob, TaskReply>;
  const clock = new VirtualClock();
  const log = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const signals = {
    taskReceived: () => undefined,
    taskRevoked: () => undefined,
    taskUnknown: () => undefined,
    taskRejected: () => undefined,
  };
  const inFlight = new InFlightTable();
  const taskLog = new TaskLog(log);
  const reporter = new TaskReporter(undefined);
  const suspects = new SuspectGate(() => 1);
  const runner = new TaskRunner({
    inFlight,
    pool,
    consumer,
    backend: undefined,
    isJoint: false,
    settler: new Settler({ consumer, backend: undefined, isJoint: false, resultStoreTimeoutMs: 1_000, clock, log }),
    paces: new LookAhead(() => 1, clock),
    suspects: () => suspects,
    starts: new StartCounts(),
    publish: async () => undefined,
    watch: undefined,
    clock,
    revoked: new RevokedOutcome(taskLog, signals, reporter, clock),
    reporter,
    log: taskLog,
  });
  const settled = async (): Promise<void> => {
    while (inFlight.size > 0) await inFlight.changed();
  };
  return {
    events,
    settled,
    run: (tag: string) => runner.run(suspect(tag), { id: tag, task: 'demo' } as TaskHead, traits),
    runFresh: (tag: string) => {
      const dropContent = (): void => void events.push(`drop ${tag}`);
      runner.run({ ...suspect(tag), redelivered: false, dropContent }, { id: tag, task: 'demo' } as TaskHead, traits);
    },
  };
}

describe('TaskRunner', () => {
  it('marks a suspect as started only when the one before it is settled, which else would share its charge', async () => {
    const { events, run, settled } = setup();

    run('a');
    run('b');
    await settled();

    expect(events).toEqual(['mark a', 'settle a', 'mark b', 'settle b']);
  });

  it('gives back a suspect whose start it could not record, and goes on with the next', async () => {
    const { run, settled, events } = setup();

    run('unmarked');
    run('b');
    await settled();

    expect(events).toEqual(['settle unmarked as release', 'mark b', 'settle b']);
  });

  it('drops the content of what is settled, and of nothing else', async () => {
    const { runFresh, settled, events } = setup();

    runFresh('a');
    runFresh('lost');
    await settled();

    expect(events).toEqual(['settle a lost', 'drop a']);
  });
});
