import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { TaskHandle } from 'nest-task-queue';
import { nowUs } from '../fixtures/apps/benchmark/work.js';

/** How often something is sent where it is measured when tasks begin. */
export const PER_SECOND = 100;

/** Sends so many at that pace, whether the ones before are confirmed or not. */
export async function steadily<T>(count: number, send: () => Promise<T>): Promise<readonly T[]> {
  const sends: Promise<T>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < count; n += 1) {
    await pause(Math.max(0, startedAt + (n * 1_000) / PER_SECOND - performance.now()));
    sends.push(send());
  }
  return Promise.all(sends);
}

/**
 * How long after its sending each of so many tasks begins.
 * @param begin a task that returns when it began, in microseconds
 * @unit milliseconds
 */
export async function startTimesOf(begin: TaskHandle<[], number>, count: number): Promise<readonly number[]> {
  const sent = await steadily(count, async () => {
    const sentUs = nowUs();
    return { sentUs, result: await begin.delay() };
  });
  return Promise.all(sent.map(async ({ sentUs, result }) => ((await result.get({ timeout: '1m' })) - sentUs) / 1_000));
}
