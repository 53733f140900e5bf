import { Injectable } from '@nestjs/common';
import fc from 'fast-check';
import { Ctx, Kwargs, Task, TaskContext, type AsyncResult, type Injected } from 'nest-task-queue';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../../lib/canvas/index.js';
import { canvasTrees, numbered, signatureOfTree } from '../tools/canvas/canvas-tree.js';
import { evaluate } from '../tools/canvas/evaluate-tree.js';
import { startInline, type InlineRig } from './outcomes/inline-rig.js';

interface Run {
  readonly tree: string;
  readonly n: number;
  readonly redelivered: boolean;
}

const runs: Run[] = [];
const told: { readonly handler: string; readonly redelivered: boolean }[] = [];

interface NodeSettings {
  readonly tree: string;
  readonly n: number;
  readonly fails: boolean;
  readonly retries: number;
}

@Injectable()
class Tasks {
  @Task({ name: 'node', maxRetries: null })
  async node(
    @Ctx() ctx: Injected<TaskContext>,
    @Kwargs() { tree, n, fails, retries }: NodeSettings & Kwargs,
    ...passed: unknown[]
  ): Promise<unknown> {
    if (ctx.retries < retries) ctx.retry({ countdown: 0 });
    await new Promise((resolve) => setImmediate(resolve)); // so that others end in between
    runs.push({ tree, n, redelivered: ctx.request.deliveryInfo.redelivered });
    if (fails) throw new Error(`node ${n}`);
    return [n, ...passed];
  }

  @Task({ name: 'handler' })
  handler(@Ctx() ctx: Injected<TaskContext>, @Kwargs() { handler }: Kwargs & { readonly handler: string }): void {
    told.push({ handler, redelivered: ctx.request.deliveryInfo.redelivered });
  }
}

/** Resolves when nothing is left to do. */
async function idle({ client }: InlineRig): Promise<void> {
  for (;;) {
    const { waiting, held, parked } = await client.queues.stats('celery');
    if (waiting + held + parked === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a random workflow', () => {
  it('comes to what it comes to when it is worked out by hand', { timeout: 120_000 }, async () => {
    const rig = await startInline([Tasks]);
    let count = 0;

    await fc.assert(
      fc.asyncProperty(canvasTrees(), async (tree) => {
        const name = `t${count++}`;
        const plan = numbered(tree, name);
        const expected = evaluate(plan);
        runs.splice(0);
        told.splice(0);

        const result = await rig.client.apply(signatureOfTree(plan, name) as unknown as Signature<[], unknown>);
        const outcome = await (result as AsyncResult<unknown>).get({ timeout: '10s', propagate: false }).then(
          (value) => (containsError(value) ? undefined : { of: value }),
          () => undefined,
        );
        await idle(rig);

        expect(outcome).toEqual(expected.value);
        expect(runs.map(({ n }) => n).toSorted(byValue)).toEqual(expected.ran.toSorted(byValue));
        expect(told.map(({ handler }) => handler).toSorted()).toEqual(expected.told.toSorted());
      }),
      { numRuns: 2_000, interruptAfterTimeLimit: 110_000, markInterruptAsFailure: true },
    );
  });
});

function containsError(value: unknown): boolean {
  return value instanceof Error || (Array.isArray(value) && value.some(containsError));
}

const byValue = (a: number, b: number): number => a - b;
