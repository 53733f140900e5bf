import { Injectable } from '@nestjs/common';
import fc from 'fast-check';
import { Ctx, Kwargs, Task, TaskContext, type AsyncResult, type Injected } from 'nest-task-queue';
import { describe, expect, it } from 'vitest';
import { restoreDead } from '../../lib/brokers/memory/memory-settle.js';
import type { Signature } from '../../lib/canvas/index.js';
import { canvasTrees, numbered, signatureOfTree, type CanvasTree } from '../tools/canvas/canvas-tree.js';
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

/** Sends a tree and waits until nothing is left of it. */
async function play(rig: InlineRig, tree: CanvasTree, name: string, meanwhile = async (): Promise<void> => undefined) {
  const plan = numbered(tree, name);
  runs.splice(0);
  told.splice(0);
  const result = await rig.client.apply(signatureOfTree(plan, name) as unknown as Signature<[], unknown>);
  const getting = (result as AsyncResult<unknown>).get({ timeout: '10s', propagate: false }).then(
    (value) => (containsError(value) ? undefined : { of: value }),
    () => undefined,
  );
  await meanwhile();
  const outcome = await getting;
  await idle(rig);
  return { outcome, expected: evaluate(plan) };
}

describe('a random workflow', { timeout: 120_000 }, () => {
  it('comes to what it comes to when it is worked out by hand', async () => {
    const rig = await startInline([Tasks]);
    let count = 0;

    await fc.assert(
      fc.asyncProperty(canvasTrees(), async (tree) => {
        const { outcome, expected } = await play(rig, tree, `t${count++}`);

        expect(outcome).toEqual(expected.value);
        expect(runs.map(({ n }) => n).toSorted(byValue)).toEqual(expected.ran.toSorted(byValue));
        expect(told.map(({ handler }) => handler).toSorted()).toEqual(expected.told.toSorted());
      }),
      { numRuns: 2_000, interruptAfterTimeLimit: 110_000, markInterruptAsFailure: true },
    );
  });

  it('comes to the same where its worker is cut off meanwhile, and sends each message once', async () => {
    const rig = await startInline([Tasks]);
    const turns = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 2 });
    let count = 0;

    await fc.assert(
      fc.asyncProperty(canvasTrees(), turns, async (tree, cuts) => {
        const { outcome, expected } = await play(rig, tree, `c${count++}`, async () => {
          for (const cut of cuts) {
            for (let turn = 0; turn < cut; turn += 1) await new Promise((resolve) => setImmediate(resolve));
            for (const owner of rig.store.owners.values()) owner.alive = false;
            restoreDead(rig.store);
          }
        });

        expect(outcome).toEqual(expected.value);
        expect(new Set(runs.map(({ n }) => n))).toEqual(new Set(expected.ran));
        expect(new Set(told.map(({ handler }) => handler))).toEqual(new Set(expected.told));
        // What was given back may run again; what was sent twice would run twice without having been given back.
        const first = runs.filter(({ redelivered }) => !redelivered).map(({ n }) => n);
        expect(first.length).toBe(new Set(first).size);
        for (const handler of new Set(expected.told)) {
          const calls = told.filter((call) => call.handler === handler && !call.redelivered).length;
          expect(calls).toBeLessThanOrEqual(expected.told.filter((each) => each === handler).length);
        }
      }),
      { numRuns: 400, interruptAfterTimeLimit: 110_000, markInterruptAsFailure: true },
    );
  });
});

function containsError(value: unknown): boolean {
  return value instanceof Error || (Array.isArray(value) && value.some(containsError));
}

const byValue = (a: number, b: number): number => a - b;
