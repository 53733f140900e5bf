import { TestingNotIdleError } from '../errors/index.js';
import type { VirtualClock } from '../time/index.js';
import type { TestingInstances } from './testing-instances.js';

/** Moments at which something was due that are gone through before it is given up, and so many more for each task that was sent before. */
const MOST_STEPS = 1_000;
const STEPS_A_TASK = 10;

/**
 * Advances the clock from one due time to the next, until no task is left.
 * @throws {TestingNotIdleError} naming the tasks that do not come to an end
 */
export async function runUntilIdle(clock: VirtualClock, instances: TestingInstances): Promise<void> {
  const most = MOST_STEPS + STEPS_A_TASK * instances.sent.length;
  for (let step = 0; step < most; step++) {
    await clock.settle();
    const next = nextStepMs(clock, instances);
    if (next === undefined) return;
    await clock.advanceTo(next);
  }
  const now = new Date(clock.now()).toISOString();
  throw new TestingNotIdleError(`After ${most} steps, at ${now}, tasks are still left:`, left(clock, instances));
}

/** The next time something can happen to a task; `undefined` when none is left. */
function nextStepMs(clock: VirtualClock, instances: TestingInstances): number | undefined {
  const pending = instances.running.map(({ store, worker }) => ({ store, ...store.pendingIn(worker.queues) }));
  if (pending.every(({ held, waiting, parked }) => held + waiting + parked === 0)) return undefined;

  const now = clock.now();
  const due = pending.flatMap(({ store, parked }) => (parked > 0 ? (store.nextDueMs ?? []) : []));
  const ahead = due.filter((ms) => ms > now);
  const next = ahead.length > 0 ? Math.min(...ahead) : clock.nextTimerAt;
  if (next !== undefined) return next;
  throw new TestingNotIdleError(
    'Tasks are left that do not wait for the clock, so advancing it does not end them. Await what they wait for, or create the ' +
      'testing with "holdTasks: true" where they do real I/O:',
    left(clock, instances),
  );
}

function left(clock: VirtualClock, instances: TestingInstances): readonly string[] {
  const running = instances.running.flatMap(({ worker }) => worker.running);
  const retried = instances.sent.filter(({ retries }) => (retries.at(-1)?.getTime() ?? 0) > clock.now());
  return [
    ...running.map((task) => `${task} is running`),
    ...retried.map(({ task, id, retries }) => `${task}[${id}] waits for its retry number ${retries.length}`),
  ];
}
