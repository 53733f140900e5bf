import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restoreDead } from '../../lib/brokers/memory/memory-settle.js';
import { canvasGraphs, evaluateGraph, graphOf, numberedGraph, type CanvasGraph } from '../tools/canvas/canvas-graph.js';
import { expectedSighting, outcomeOfGraph, sightingOf } from '../tools/canvas/tree-run.js';
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

/** Sends a graph and waits until nothing is left of it. */
async function play(rig: InlineRig, made: CanvasGraph, name: string, meanwhile = async (): Promise<void> => undefined) {
  const plan = numberedGraph(made, name);
  const expected = evaluateGraph(plan);
  events.splice(0);
  const [outcome] = await Promise.all([outcomeOfGraph(rig.client, graphOf(plan), '10s'), meanwhile()]);
  await idle(rig);
  return { expected, seen: sightingOf(outcome, events, expected) };
}

describe('a random graph', { timeout: 120_000 }, () => {
  it('comes to what it comes to when it is worked out by hand', async () => {
    const rig = await startInline([TreeTasks]);
    let count = 0;

    await fc.assert(
      fc.asyncProperty(canvasGraphs(), async (made) => {
        const { expected, seen } = await play(rig, made, `g${count++}`);

        expect(seen).toEqual(expectedSighting(expected));
        expect(events).toHaveLength(expected.ran.length + expected.told.length);
      }),
      { numRuns: 300, interruptAfterTimeLimit: 110_000, markInterruptAsFailure: true },
    );
  });

  it('comes to the same where its worker is cut off meanwhile, and sends each message once', async () => {
    const rig = await startInline([TreeTasks]);
    const turns = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 2 });
    let count = 0;

    await fc.assert(
      fc.asyncProperty(canvasGraphs(), turns, async (made, cuts) => {
        const { expected, seen } = await play(rig, made, `c${count++}`, async () => {
          for (const cut of cuts) {
            for (let turn = 0; turn < cut; turn += 1) await new Promise((resolve) => setImmediate(resolve));
            for (const owner of rig.store.owners.values()) owner.alive = false;
            restoreDead(rig.store);
          }
        });

        expect(seen).toEqual(expectedSighting(expected));
      }),
      { numRuns: 100, interruptAfterTimeLimit: 110_000, markInterruptAsFailure: true },
    );
  });
});
