import type { INestApplicationContext, Type } from '@nestjs/common';
import { TaskClient, type AsyncResult, type TasksOf } from 'nest-task-queue';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { GreetTasks, VisitTasks } from './app.module.js';
import { startWorker } from './worker-process.js';

const deadline = { timeout: '60s' } as const;

/** Sends to a worker on each pool, and says of each thing that should be so whether it is; or what is instead. */
export async function claims(
  app: INestApplicationContext,
  greetTasks: Type<GreetTasks>,
  visitTasks: Type<VisitTasks>,
): Promise<Record<string, unknown>> {
  const tasks = app.get(TaskClient);
  const found: Record<string, unknown> = {};
  for (const pool of ['prefork', 'threads', 'async']) {
    const claim = (what: string, actual: unknown, expected: unknown): void => {
      found[`${pool}: ${what}`] = isDeepStrictEqual(actual, expected) || { expected, actual };
    };
    const worker = startWorker(pool);
    const greet = tasks.for(greetTasks);
    const sum = await greet.add.delay(2, 3);
    claim('returns', await sum.get(deadline), 5);
    const guarded = await greet.greet.applyAsync(['  Ada '], { headers: { 'x-tenant': 'a' } });
    claim('passes guard, pipe and interceptor', await guarded.get(deadline), '"Hello Ada"');
    claim('is refused by the guard', (await errorOf(await greet.greet.delay('Ada'))).name, 'TaskForbidden');
    claim('throws', (await errorOf(await greet.fail.delay())).message, 'ValueError: out of range');

    const at = new Date('2026-01-02T03:04:05Z');
    const visits = await tasks.sendMany([1, 2, 3].map(() => tasks.for(visitTasks).show.s(at)));
    const shown = await Promise.all(visits.results.map((result) => result.get(deadline)));
    const isRight = shown.map(
      (visit) => visit.isOwn && visit.at instanceof Date && visit.at.getTime() === at.getTime(),
    );
    claim('has a request scope of its own, and dates', isRight, [true, true, true]);
    claim('runs in as many places as it should', await runsIn(greet.where, pool === 'async' ? 1 : 2), true);
    claim('runs the schedule', await hasTicked(pool), true);
    claim('ends with code 0', await worker.stop(), 0);
  }
  return found;
}

async function errorOf(result: AsyncResult<unknown>): Promise<Error> {
  const outcome = await result.get({ ...deadline, propagate: false });
  return outcome instanceof Error ? outcome : new Error(`It returned ${String(outcome)}`);
}

/** Whether tasks run in that many processes or threads: at once, or as soon as all of them are up. */
async function runsIn(where: TasksOf<GreetTasks>['where'], expected: number): Promise<boolean> {
  const places = new Set<string>();
  for (const signal = AbortSignal.timeout(30_000); places.size < expected && !signal.aborted;) {
    const sent = await Promise.all([where.delay(), where.delay()]);
    for (const result of sent) places.add(await result.get(deadline));
  }
  return places.size === expected;
}

async function hasTicked(pool: string): Promise<boolean> {
  for (const signal = AbortSignal.timeout(30_000); !signal.aborted; await pause(50)) {
    const ticks = await readFile('ticks', 'utf8').catch(() => '');
    if (ticks.split('\n').includes(pool)) return true;
  }
  return false;
}
