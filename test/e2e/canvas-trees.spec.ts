import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restoreDead } from '../../lib/brokers/memory/memory-settle.js';
import { canvasTrees, numbered, type CanvasTree } from '../tools/canvas/canvas-tree.js';
import { evaluate } from '../tools/canvas/evaluate-tree.js';
import { expectedSighting, outcomeOf, sightingOf } from '../tools/canvas/tree-run.js';
import { noteTreeEvents, TreeTasks, type TreeEvent } from '../tools/canvas/tree-tasks.js';
import { startInline, type InlineRig } from './outcomes/inline-rig.js';

const events: TreeEvent[] = [];
noteTreeEvents((event) => void events.push(event));

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
  const expected = evaluate(plan);
  events.splice(0);
  const [outcome] = await Promise.all([outcomeOf(rig.client, plan, name, '10s'), meanwhile()]);
  await idle(rig);
  return { expected, seen: sightingOf(outcome, events, expected) };
}

describe('a random workflow', { timeout: 120_000 }, () => {
  it('comes to what it comes to when it is worked out by hand', async () => {
    const rig = await startInline([TreeTasks]);
    let count = 0;

    await fc.assert(
      fc.asyncProperty(canvasTrees(), async (tree) => {
        const { expected, seen } = await play(rig, tree, `t${count++}`);

        expect(seen).toEqual(expectedSighting(expected));
        expect(events).toHaveLength(expected.ran.length + expected.told.length);
      }),
      { numRuns: 2_000, interruptAfterTimeLimit: 110_000, markInterruptAsFailure: true },
    );
  });

  it('comes to the same where its worker is cut off meanwhile, and sends each message once', async () => {
    const rig = await startInline([TreeTasks]);
    const turns = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 2 });
    let count = 0;

    await fc.assert(
      fc.asyncProperty(canvasTrees(), turns, async (tree, cuts) => {
        const { expected, seen } = await play(rig, tree, `c${count++}`, async () => {
          for (const cut of cuts) {
            for (let turn = 0; turn < cut; turn += 1) await new Promise((resolve) => setImmediate(resolve));
            for (const owner of rig.store.owners.values()) owner.alive = false;
            restoreDead(rig.store);
          }
        });

        // What was given back may run again; what was sent twice would run twice without having been given back.
        expect(seen).toEqual(expectedSighting(expected));
      }),
      { numRuns: 400, interruptAfterTimeLimit: 110_000, markInterruptAsFailure: true },
    );
  });
});
