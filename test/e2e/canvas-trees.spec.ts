import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restoreDead } from '../../lib/brokers/memory/memory-settle.js';
import { canvasGraphs } from '../tools/canvas/canvas-graph.js';
import { canvasTrees } from '../tools/canvas/canvas-tree.js';
import {
  countsOf,
  expectedCounts,
  expectedSighting,
  playableGraph,
  playableTree,
  replayed,
  sightingOf,
  type Playable,
} from '../tools/canvas/tree-run.js';
import { noteTreeEvents, TreeTasks, type TreeEvent } from '../tools/canvas/tree-tasks.js';
import { startInline, type InlineRig } from './outcomes/inline-rig.js';

const events: TreeEvent[] = [];
noteTreeEvents((event) => void events.push(event));

/** What is printed of one that fails is how it was made. */
const trees = canvasTrees().map((made) => ({ made, named: (name: string) => playableTree(made, name) }));
const graphs = canvasGraphs().map((made) => ({ made, named: (name: string) => playableGraph(made, name) }));

/** Resolves when nothing is left to do. */
async function idle({ client }: InlineRig): Promise<void> {
  for (;;) {
    const { waiting, held, parked } = await client.queues.stats('celery');
    if (waiting + held + parked === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sends a workflow and waits until nothing is left of it. */
async function play(
  rig: InlineRig,
  { play: send, expected }: Playable,
  meanwhile = async (): Promise<void> => undefined,
) {
  events.splice(0);
  const [outcome] = await Promise.all([send(rig.client, '10s'), meanwhile()]);
  await idle(rig);
  return sightingOf(outcome, events, expected);
}

describe.each([
  { what: 'workflow', all: trees, runs: 2_000, cutRuns: 400 },
  { what: 'graph', all: graphs, runs: 300, cutRuns: 100 },
])('a random $what', { timeout: 120_000 }, ({ all, runs, cutRuns }) => {
  const limits = { interruptAfterTimeLimit: 110_000, markInterruptAsFailure: true };

  it('comes to what it comes to when it is worked out by hand', async () => {
    const rig = await startInline([TreeTasks]);
    let count = 0;

    await fc.assert(
      fc.asyncProperty(all, async ({ named }) => {
        const playable = named(`t${count++}`);
        const seen = await play(rig, playable);

        expect(seen).toEqual(expectedSighting(playable.expected));
        expect(countsOf(events)).toEqual(expectedCounts(playable.expected));
      }),
      { ...replayed(), ...limits, numRuns: runs },
    );
  });

  it('comes to the same where its worker is cut off meanwhile, and sends each message once', async () => {
    const rig = await startInline([TreeTasks]);
    const turns = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 2 });
    let count = 0;

    await fc.assert(
      fc.asyncProperty(all, turns, async ({ named }, cuts) => {
        const playable = named(`c${count++}`);
        const seen = await play(rig, playable, async () => {
          for (const cut of cuts) {
            for (let turn = 0; turn < cut; turn += 1) await new Promise((resolve) => setImmediate(resolve));
            for (const owner of rig.store.owners.values()) owner.alive = false;
            restoreDead(rig.store);
          }
        });

        // What was given back may run again; what was sent twice would run twice without having been given back.
        expect(seen).toEqual(expectedSighting(playable.expected));
      }),
      { ...replayed(), ...limits, numRuns: cutRuns },
    );
  });
});
