import path from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { TreeLog } from '../../fixtures/apps/canvas-trees/tree-log.js';
import { canvasGraphs, type CanvasGraph } from '../../tools/canvas/canvas-graph.js';
import { canvasTrees, type CanvasTree } from '../../tools/canvas/canvas-tree.js';
import { expectedSighting, playableGraph, playableTree, replayed, sightingOf } from '../../tools/canvas/tree-run.js';
import { TreeTasks } from '../../tools/canvas/tree-tasks.js';
import { describeWithServer } from '../../tools/servers.js';
import { eventually } from '../outcomes/eventually.js';
import type { ProcessRig, StartedWorker } from '../outcomes/process-rig.js';
import { openRedisRig } from '../outcomes/redis-rig.js';

const LEASE_MS = 2_000;
const BATCHES = 8;
const AT_ONCE = 25;
const GRAPHS_AT_ONCE = 5;

const POOLS = ['prefork', 'async'] as const;

/** The death of a worker, and its successor. */
interface Kill {
  /** When so much of the batch has been done. @unit percent */
  readonly after: number;
  readonly pool: (typeof POOLS)[number];
  /** With all its children, or without, so that they find out by themselves. */
  readonly withChildren: boolean;
}

function kills(): fc.Arbitrary<readonly Kill[]> {
  const kill = fc.record({
    after: fc.integer({ min: 0, max: 80 }),
    pool: fc.constantFrom(...POOLS),
    withChildren: fc.boolean(),
  });
  const some = fc.array(kill, { minLength: 2, maxLength: 3 });
  return some.map((all) => all.toSorted((one, other) => one.after - other.after));
}

/** Workers as processes, each of which has a successor when it is killed. */
class Crew {
  private readonly workers = new Map<string, StartedWorker>();

  constructor(
    private readonly rig: ProcessRig,
    private readonly log: TreeLog,
  ) {}

  async start(): Promise<void> {
    for (const pool of POOLS) this.hire(pool);
    await Promise.all([...this.workers.values()].map((worker) => worker.ready()));
  }

  async kill({ pool, withChildren }: Kill): Promise<void> {
    const worker = this.workers.get(pool);
    await worker?.ready();
    if (withChildren) worker?.signalGroup('SIGKILL');
    else worker?.signal('SIGKILL');
    this.hire(pool);
  }

  private hire(pool: Kill['pool']): void {
    const env = { TASK_QUEUE_POOL: pool, TASK_QUEUE_CONCURRENCY: '2', TREE_LOG: this.log.path };
    this.workers.set(pool, this.rig.start('canvas-trees/worker', { env }));
  }
}

describeWithServer('redis', 'random workflows on Redis', (url) => {
  it('come to what they come to by hand while workers are killed, and each message is sent once', async () => {
    const rig = await openRedisRig(url, [TreeTasks], LEASE_MS);
    onTestFinished(() => rig.close());
    const log = new TreeLog(path.join(rig.folder, 'trees.log'));
    onTestFinished(() => log.close());
    const crew = new Crew(rig, log);
    await crew.start();
    let batches = 0;

    const check = async (
      trees: readonly CanvasTree[],
      graphs: readonly CanvasGraph[],
      deaths: readonly Kill[],
    ): Promise<void> => {
      const batch = batches++;
      const begun = log.events.length;
      const all = [
        ...trees.map((tree, index) => playableTree(tree, `b${batch}-t${index}`)),
        ...graphs.map((made, index) => playableGraph(made, `b${batch}-g${index}`)),
      ];
      const total = all.reduce((sum, { expected }) => sum + expected.ran.length + expected.told.length, 0);
      let isOver = false;
      const killing = async (): Promise<void> => {
        for (const death of deaths) {
          await eventually(`${death.after} % is done`, () => {
            log.refresh();
            return isOver || (log.events.length - begun) * 100 >= death.after * total;
          });
          if (!isOver) await crew.kill(death);
        }
      };
      const playing = Promise.all(all.map((each) => each.play(rig.client, '20s')));
      const [outcomes] = await Promise.all([playing.finally(() => (isOver = true)), killing()]);
      await rig.quiet();
      log.refresh();

      const events = log.events.slice(begun);
      const seen = all.map(({ name, expected }, index) => {
        const own = events.filter(({ tree }) => tree === name);
        return { name, ...sightingOf(outcomes[index], own, expected) };
      });
      expect(seen).toEqual(all.map(({ name, expected }) => ({ name, ...expectedSighting(expected) })));
    };

    // A smaller batch would meet its deaths elsewhere: the one that failed tells more.
    const trees = fc.array(canvasTrees(), { minLength: AT_ONCE, maxLength: AT_ONCE });
    const graphs = fc.array(canvasGraphs(), { minLength: GRAPHS_AT_ONCE, maxLength: GRAPHS_AT_ONCE });
    await fc.assert(fc.asyncProperty(trees, graphs, kills(), check), {
      ...replayed(),
      numRuns: BATCHES,
      endOnFailure: true,
    });
    expect(log.events.some(({ redelivered }) => redelivered)).toBe(true);
  }, 120_000);
});
