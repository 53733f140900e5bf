import { performance } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import { Task } from 'nest-task-queue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeWithServer } from '../../tools/servers.js';
import { eventually } from '../outcomes/eventually.js';
import { openProcessRig } from '../outcomes/process-rig.js';
import { openRedisRig } from '../outcomes/redis-rig.js';

const starts: number[] = [];
const others: number[] = [];

@Injectable()
class LimitedTasks {
  @Task({ name: 'limited', rateLimit: { limit: '50/s', scope: 'cluster' }, ignoreResult: true })
  limited(): void {
    starts.push(performance.now());
  }

  @Task({ name: 'free', ignoreResult: true })
  free(): void {
    others.push(performance.now());
  }
}

const TASKS = 120;

/** Most starts in any window of one second. */
function mostInASecond(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length));
}

function describeLimit(open: typeof openProcessRig): void {
  it('of 50 a second on three workers is obeyed by all of them together, while other tasks of the queue flow', async () => {
    starts.length = others.length = 0;
    const rig = await open([LimitedTasks]);
    onTestFinished(() => rig.close());
    for (let worker = 0; worker < 3; worker++) await rig.startHere();
    const { limited, free } = rig.client.for(LimitedTasks);

    await rig.client.sendMany(Array.from({ length: TASKS }, () => limited.s()));
    await rig.client.sendMany(Array.from({ length: 300 }, () => free.s()));
    await eventually('the others have run', () => others.length === 300);
    const meanwhile = starts.length;
    await eventually('all have run', () => starts.length === TASKS, 30_000);

    expect(meanwhile).toBeLessThan(TASKS);
    expect(mostInASecond(starts)).toBeLessThanOrEqual(50 + 10); // of bodies in one busy process, which begin late now and then
    expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan((TASKS / 50) * 1_000 - 500);
    await rig.quiet();
  });
}

describe('a rate limit on the embedded store', () => {
  describeLimit(openProcessRig);
});
describeWithServer('redis', 'a rate limit on Redis', (url) => {
  describeLimit((providers) => openRedisRig(url, providers, 10_000));
});
